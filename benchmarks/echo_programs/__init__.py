"""The echo net, trained in five ways; `timing` runs one of them and times it.

Each module has a function ``prepare(start)`` that returns a function: given the number
of an epoch, it trains that epoch from a state of zeros and returns the loss of every
window before its update, in nats.
"""
