"""The reference solutions: the one source of truth, a file a step."""
