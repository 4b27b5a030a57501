"""How fast the course and its engine are, and beside whom."""
