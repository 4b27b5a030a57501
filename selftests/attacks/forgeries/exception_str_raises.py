"""Step 03. Raises an exception that cannot be shown."""

class Unspeakable(Exception):
    def __str__(self):
        raise self

    __repr__ = __str__


raise Unspeakable
