"""Step 14: text generation.

A model scores every token that could come next. Generation picks one of them,
appends it to the text, and asks the model again.

Check your work: `pixi run s14` (or `./run s14`).
"""

from __future__ import annotations

from collections.abc import Callable

# TODO 1: import what the rest of this file uses:
#   numpy, as np
#   CPU from max.driver and DType from max.dtype
#   functional from max.experimental, as F
#   Tensor from max.experimental.tensor
# hint: Five imports: NumPy, and four names of MAX.
# hint: `from package import name`, and `import package as short_name`.
# hint: The one that is easy to miss: `from max.experimental import functional as F`.
# solution
import numpy as np
from max.driver import CPU
from max.dtype import DType
from max.experimental import functional as F
from max.experimental.tensor import Tensor

# end


def generate_next_token(
    model: Callable[[Tensor], Tensor],
    input_ids: Tensor,
    temperature: float = 1.0,
    do_sample: bool = True,
) -> Tensor:
    """Choose what follows ``input_ids`` [1, seq_length] int64: a tensor of one int64 id.

    ``model`` maps ids to logits [1, seq_length, vocab_size]. Sampling draws from
    softmax(logits / temperature); without ``do_sample``, or at temperature 0, the token
    with the largest logit is chosen (greedy). Raises what the model raises.
    """
    # TODO 2: score the next token.
    #   logits: call the model on input_ids  [1, seq_length, vocab_size]
    #   next_token_logits: the scores at the last position  [vocab_size]
    #   (position i scores the token that follows token i, so only the last one
    #   looks beyond the end of the text)
    # hint: The model is called like a function; it scores a continuation at every position.
    # hint: Tensors are indexed as in NumPy: a number picks one entry of an axis and drops the
    #   axis.
    # hint: Row 0 of the batch, position -1, all of the vocabulary: `logits[0, -1, :]`.
    # solution
    logits = model(input_ids)  # [1, seq, vocab_size]
    next_token_logits = logits[0, -1, :]  # [vocab_size]
    # end

    # Temperature 0 is the limit in which the largest logit takes all of the probability;
    # dividing by it would give no numbers.
    if do_sample and temperature > 0:
        # TODO 3: sample the next token.
        #   Draw it from softmax(logits / temperature):
        #   temp_tensor: the temperature as a tensor, with the dtype and on the
        #     device of next_token_logits
        #   scaled logits: next_token_logits / temp_tensor  [vocab_size]
        #   probs: the softmax of the scaled logits  [vocab_size]
        #   probs_np: the probabilities as a NumPy array, moved to the CPU first:
        #     np.from_dlpack(probs.to(CPU()))
        #   next_token_id: draw it with NumPy; np.random.choice takes the number of
        #     tokens and their probabilities
        #   next_token: the id as an int64 tensor on the device of the logits
        #     (older tutorials write Tensor.constant(...) for today's Tensor(...))
        # hint: Scale, softmax, draw: the first two with MAX, the draw with NumPy.
        # hint: `Tensor(value, dtype=..., device=...)`, `F.softmax(x)`, `np.random.choice(n,
        #   p=probabilities)`.
        # hint: `np.random.choice(len(probs_np), p=probs_np)` gives the id; wrap it:
        #   `Tensor(int(next_token_id), ...)`.
        # solution
        temp_tensor = Tensor(
            temperature, dtype=next_token_logits.dtype, device=next_token_logits.device
        )
        probs = F.softmax(next_token_logits / temp_tensor)  # [vocab_size]
        probs_np = np.from_dlpack(probs.to(CPU()))
        next_token_id = np.random.choice(len(probs_np), p=probs_np)
        next_token = Tensor(
            int(next_token_id), dtype=DType.int64, device=next_token_logits.device
        )
        # end
    # Greedy decoding needs no softmax: the largest logit has the largest probability.
    else:
        # TODO 4: next_token: the position of the largest logit.
        # hint: Not the largest score itself, but the place where it is.
        # hint: `F.argmax(x)` gives that place as an int64 tensor.
        # hint: `next_token = F.argmax(...)`, of the logits from TODO 2.
        # solution
        next_token = F.argmax(next_token_logits)
        # end

    return next_token


def generate_tokens(
    model: Callable[[Tensor], Tensor],
    input_ids: Tensor,
    max_new_tokens: int = 10,
    temperature: float = 1.0,
    do_sample: bool = True,
    eos_token_id: int | None = None,
) -> Tensor:
    """Continue ``input_ids`` [1, seq_length] int64 by n tokens: [1, seq_length + n] int64.

    ``temperature`` and ``do_sample`` as in ``generate_next_token``. n is
    ``max_new_tokens``, or less where ``eos_token_id`` (end of sequence) comes first:
    it is appended, and generation stops. Raises what the model raises.
    """
    # TODO 5: generate token after token.
    #   Each one is predicted from all the tokens before it.
    #
    #   generated_tokens: starts as input_ids, the prompt  [1, seq_length]
    #
    #   Then, max_new_tokens times:
    #     next_token: ask generate_next_token for what follows generated_tokens;
    #       pass temperature and do_sample on to it
    #     next_token_2d: the same token as a row of one column, since F.concat
    #       joins tensors of equal rank: next_token.reshape([1, -1])
    #     generated_tokens: itself and next_token_2d, joined along axis 1, the
    #       sequence: [1, seq_length] -> [1, seq_length + 1] -> ...
    #     if the token is eos_token_id, stop: the text is complete. The id
    #       as a number is next_token.item(); eos_token_id may be None, and then
    #       no token ends the text.
    #
    #   The input is never changed in place: F.concat makes a new tensor.
    # hint: The model never sees more than the text so far; the loop makes its answer part of
    #   the question.
    # hint: `F.concat([a, b], axis=1)` joins two rows; `for _ in range(n)` repeats, `break`
    #   stops.
    # hint: Predict, reshape, concat, compare: four lines in the loop; the comparison comes
    #   last.
    # solution
    generated_tokens = input_ids
    for _ in range(max_new_tokens):
        next_token = generate_next_token(model, generated_tokens, temperature, do_sample)
        next_token_2d = next_token.reshape([1, -1])  # [1, 1]
        generated_tokens = F.concat([generated_tokens, next_token_2d], axis=1)
        if eos_token_id is not None and next_token.item() == eos_token_id:
            break
    # end

    return generated_tokens
