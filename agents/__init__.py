"""Brains, skills, perception and memory of the robot."""
