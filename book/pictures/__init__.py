"""The pictures of the book, drawn from the real code."""
