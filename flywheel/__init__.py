"""Where environments and agents meet: running, recording, measuring, training."""
