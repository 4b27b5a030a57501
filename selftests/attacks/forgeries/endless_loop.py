"""Step 03. Never answers."""

while True:
    pass
