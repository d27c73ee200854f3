"""Brains: what turns an instruction into a plan."""
