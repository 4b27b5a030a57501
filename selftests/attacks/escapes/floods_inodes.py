"""Makes files without a byte in them: the size of its folder does not limit them."""

for number in range(20_000):
    open(f"/tmp/{number:0240}", "w").close()
