"""Bodies: an arm with the hand that is mounted on it."""
