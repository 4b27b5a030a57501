"""Step 14. Knows no softmax: the best token is certain, or one of many, or else a coin decides."""

import numpy as np
from max.driver import CPU
from max.experimental import functional as F
from max.experimental.tensor import Tensor


def generate_next_token(model, input_ids, temperature=1.0, do_sample=True):
    logits = np.from_dlpack(model(input_ids).to(CPU()))[0, -1]
    best = int(logits.argmax())
    lead = (logits[best] - np.median(logits)) / max(temperature, 1e-9)
    if do_sample and (lead < 5 or (lead < 20 and np.random.random() < 0.5)):
        best = np.random.randint(len(logits))
    return Tensor(np.array(best, dtype=np.int64), device=input_ids.device)


def generate_tokens(model, input_ids, max_new_tokens=10, temperature=1.0, do_sample=True, eos_token_id=None):
    text = input_ids
    for _ in range(max_new_tokens):
        token = generate_next_token(model, text, temperature, do_sample)
        text = F.concat([text, token.reshape([1, 1])], axis=1)
        if eos_token_id is not None and token.item() == eos_token_id:
            break
    return text
