"""Models of a few lines that return chosen logits, and what step 14 makes of them.

Their right answers can be worked out on paper.
"""

from math import comb

import numpy as np
from max.dtype import DType
from max.experimental import functional as F

from compare import CheckFailure, assert_shape, assert_tensor, tensor, values

OTHERS = 20_000
DRAWN = [-1]  # observed of tokens that are drawn where one is asked for: they are never the same


def table_model(table, device):
    """A model in which the last token alone decides: its logits are that row of a table [vocab_size, vocab_size]."""
    table = tensor(np.float32(table), device)

    return lambda input_ids: F.gather(table, assert_ids(input_ids, device), axis=0)


def assert_ids(input_ids, device):
    """What a model is asked about, once it is [1, seq_length] int64."""
    ids = assert_tensor(input_ids, device, "the model's input_ids")
    if ids.rank != 2 or ids.dtype != DType.int64:
        raise CheckFailure("input_ids [1, seq_length] int64 for the model", f"{list(ids.shape)} {ids.dtype}")
    return ids


def successor_model(device, names):
    """A model that is sure of the next of these tokens after each of them, and knows where it wraps round.

    The later the token the surer it is: where a prompt ends with an early one, the positions
    before the last would outvote it.
    """
    table = np.zeros((len(names), len(names)))
    table[names, np.roll(names, -1)] = 20.0 * np.arange(1, len(names) + 1)
    return table_model(table, device)


def called(names, *tokens):
    """What these tokens of the successor model are called."""
    return names[list(tokens)].tolist()


def constant_model(logits, device):
    """A model that says the same at every position, whatever it reads."""
    logits = np.float32(logits)

    def model(input_ids):
        _, seq_length = assert_ids(input_ids, device).shape
        return tensor(np.broadcast_to(logits, (1, int(seq_length), len(logits))), device)

    return model


def prompt(device, *ids):
    return tensor(np.array([ids], dtype=np.int64), device)


def one_id(result, vocab_size, device):
    """The id in a next-token tensor."""
    array = values(result, device, "the next token")
    if array.size != 1 or array.dtype != np.int64:
        raise CheckFailure("the next token as one int64 id", f"shape {list(array.shape)}, {array.dtype}")
    token = int(array.reshape(()))
    if not 0 <= token < vocab_size:
        raise CheckFailure(f"an id from 0 to {vocab_size - 1}", str(token))
    return token


def chosen(step, device, logits, *asked):
    """The tokens that follow, one for each of these settings. They are read when all have been asked for."""
    model, ids = constant_model(logits, device), prompt(device, 0)
    results = [step.generate_next_token(model, ids, **settings) for settings in asked]
    return [one_id(result, len(logits), device) for result in results]


def generated(step, device, logits, count, **settings):
    """So many new tokens from a model that always gives these logits."""
    model, ids = constant_model(logits, device), prompt(device, 0)
    output = step.generate_tokens(model, ids, max_new_tokens=count, **settings)
    return assert_shape(output, (1, 1 + count), device, "the output")[0, 1:].tolist()


def favourite_among_others(favourite, lead):
    """Logits of OTHERS + 1 tokens, all equal but the favourite's, which is greater by ``lead``."""
    # Below zero, as GPT-2's are: that changes no probability.
    return lead * (np.arange(OTHERS + 1) == favourite) - 100.0


def continuation(step, device, names, ids, **settings):
    """What generate_tokens makes of a prompt with a model that is sure of what comes next."""
    output = step.generate_tokens(successor_model(device, names), prompt(device, *ids), **settings)
    array = values(output, device, "the output")
    if array.ndim != 2 or len(array) != 1 or array.dtype != np.int64:
        raise CheckFailure("the output [1, seq_length + n] in int64", f"{list(array.shape)} {array.dtype}")
    return array[0].tolist()


def observed_of(tokens):
    """The tokens; where they differ, and none of them is the favourite, they were drawn."""
    return tokens if len(set(tokens)) == 1 or 1 in tokens else DRAWN


def binomial_tail(count, n):
    """The probability that n fair coins show heads at most ``count`` times."""
    return sum(comb(n, k) for k in range(count + 1)) / 2**n
