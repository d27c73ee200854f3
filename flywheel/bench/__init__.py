"""The planner benchmark: the same cases for every planner, with intervals and reasons."""
