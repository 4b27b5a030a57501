"""Step 01. Gives an integer of a million digits."""

class GPT2Config:
    def __init__(self, **named):
        pass

    __getattr__ = lambda self, name: 1 << 3_000_000
