"""Step 01. Gives lists in lists in lists, and a list in itself."""

class GPT2Config:
    def __init__(self, **named):
        pass

    def __getattr__(self, name):
        deep = []
        deep.append(deep)
        for _ in range(100_000):
            deep = [deep]
        return deep
