"""Runs too long for a chapter: one module each, started by `make experiments`."""
