"""Datasets in the LeRobot v3.0 format: written, read, checked, mended, packed and merged."""
