"""What makes the generated files that belong to no other room."""
