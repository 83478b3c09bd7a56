"""The published character model, trained in several ways; see `benchmarks.timing`.

Every epoch begins with a state of zeros.
"""
