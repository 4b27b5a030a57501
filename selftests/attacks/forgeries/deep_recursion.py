"""Step 03. Recurses until the stack is used up."""

import sys

sys.setrecursionlimit(10**9)


def LayerNorm(dim, eps=1e-5):
    return [LayerNorm(dim)] + [LayerNorm(dim)]
