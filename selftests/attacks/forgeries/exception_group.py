"""Step 03. Raises exceptions that Python makes of more than a text."""

raise UnicodeDecodeError("ascii", b"", 0, 1, "x" * 1_000_000)
