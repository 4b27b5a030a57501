"""Makes one file of a terabyte."""

with open("/tmp/huge", "wb") as file:
    file.truncate(1 << 40)
