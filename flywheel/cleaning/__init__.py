"""Cleaning is selection: which episodes to learn from, why not the others, and as what."""
