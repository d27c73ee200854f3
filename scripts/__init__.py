"""Thin command lines behind ``warewheel``."""
