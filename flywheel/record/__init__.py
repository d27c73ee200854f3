"""Recording: episodes into a dataset, repeated from it, and with cameras added later."""
