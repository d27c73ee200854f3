"""Language models as planners: what they are asked, how their words become subgoals."""
