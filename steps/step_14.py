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
    raise NotImplementedError("step 14, TODO 2: score the next token")

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
        raise NotImplementedError("step 14, TODO 3: sample the next token")
    # Greedy decoding needs no softmax: the largest logit has the largest probability.
    else:
        # TODO 4: next_token: the position of the largest logit.
        raise NotImplementedError("step 14, TODO 4: next_token: the position of the largest logit")

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
    raise NotImplementedError("step 14, TODO 5: generate token after token")

    return generated_tokens
