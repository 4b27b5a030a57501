"""What a learner asks for: hints, the difference from the solution, watching, bugs to find, progress, reset."""
