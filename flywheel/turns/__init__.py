"""Turns of the flywheel: who learns, what from, and who is promoted."""
