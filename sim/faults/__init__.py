"""Faults: what goes wrong on schedule, and how the simulator brings it about."""
