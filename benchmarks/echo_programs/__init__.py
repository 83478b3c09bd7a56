"""The echo net, trained in several ways; see `benchmarks.timing`.

Every epoch begins with a state of zeros.
"""
