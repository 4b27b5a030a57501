"""Step 03. Raises an exception whose text never ends."""

class Endless(Exception):
    def __str__(self):
        while True:
            pass


raise Endless
