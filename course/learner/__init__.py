"""What a learner asks for: hints, the difference from the solution, watching, progress, reset."""
