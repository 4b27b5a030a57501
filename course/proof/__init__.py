"""The proof that the course is whole, for those who change it."""
