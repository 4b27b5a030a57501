"""Step 03. Prints without end."""

while True:
    print("passed" * 10_000)
