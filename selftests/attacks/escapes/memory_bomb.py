"""Takes all memory."""

kept = [bytearray(1 << 26) for _ in range(100)]
