"""Making suites and training material: instructions that are drawn, worded and verified."""
