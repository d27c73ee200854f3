"""Typed behaviours of the body, one module each."""
