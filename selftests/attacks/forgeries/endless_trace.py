"""Step 03. Raises what seems to come from ten thousand very long lines."""

import sys

module = sys.modules["__main__"]
module._described = lambda error: (["LongError"] * 1000, "long " * 10_000, [["step_03.py", 10**300, "long " * 20_000]] * 8)
raise ValueError
