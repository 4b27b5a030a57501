"""What the course consists of: its steps, their TODO blocks, and how a source text differs from a solution."""
