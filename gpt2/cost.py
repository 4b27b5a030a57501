"""What one more token of one text costs a GPT-2: operations to compute, and bytes to read from memory.

A model that generates text one token at a time reads all of its weights for each token, but uses each of them for one
multiplication only. So bytes, not operations, decide how fast the model can be on a CPU: its rate is at most the
bandwidth of the memory over ``weight_bytes`` plus ``cache_bytes`` (the "roofline" of Williams et al., 2009).
"""

import math
from typing import TYPE_CHECKING

from gpt2.checkpoint import weight_shapes

if TYPE_CHECKING:
    from solutions.solution_01 import GPT2Config

BYTES = {"float32": 4, "bfloat16": 2, "int8": 1}  # of one weight, by the type that it is stored as
CACHE_BYTES = 4  # of one number of a key or a value, which stay float32


def parameter_count(config: "GPT2Config") -> int:
    """How many numbers the model learns. The head is the token table, which counts once."""
    return sum(math.prod(shape) for shape in weight_shapes(config).values())


def weight_bytes(parameters: int, weights: str) -> int:
    """The bytes of this many parameters, each of which is read once for a token."""
    return parameters * BYTES[weights]


def cache_bytes(config: "GPT2Config", past: int) -> int:
    """The bytes of the keys and values of ``past`` earlier tokens, all of which attention reads for a token."""
    return past * 2 * config.n_layer * config.n_embd * CACHE_BYTES


def token_flops(config: "GPT2Config", past: int) -> int:
    """Floating-point operations for a token after ``past`` others: a multiplication and an addition count as two.

    Each number of a weight matrix is used once; in attention, each number of the keys and values that are there
    (the new token's own included). Norms, biases, the GELU and the softmax are left out: they are less than 1%.
    """
    shapes = weight_shapes(config)
    matrices = sum(math.prod(shape) for name, shape in shapes.items() if len(shape) == 2 and ".wpe." not in name)
    attention = 2 * config.n_layer * config.n_embd * (past + 1)
    return 2 * (matrices + attention)
