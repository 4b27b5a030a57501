"""Step 02. Answers with a list in which one array of 64 MiB stands ten thousand times."""

import gc

import numpy as np

(child,) = (each for each in gc.get_objects() if type(each).__name__ == "Child")
real = child._answer


def answer(request, arrays):
    if request[0] != "call":
        return real(request, arrays)
    again = ["list", [["tensor", 0, "float32", True, "cpu"]] * 10_000]
    return ["value", again], [np.zeros((4096, 4096), np.float32)]


child._answer = answer


def causal_mask(seq_length, dtype, device):
    pass
