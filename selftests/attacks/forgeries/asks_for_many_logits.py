"""Step 14. Asks the model that it was lent about a book at once: what that takes, the process that answers would take."""

import numpy as np
from max.experimental.tensor import Tensor


def generate_next_token(model, input_ids, temperature=1.0, do_sample=True):
    return model(Tensor(np.zeros((1, 40_000), np.int64), device=input_ids.device))


def generate_tokens(model, input_ids, max_new_tokens=10, temperature=1.0, do_sample=True, eos_token_id=None):
    return generate_next_token(model, input_ids)
