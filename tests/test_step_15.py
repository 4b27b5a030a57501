"""Step 15: log-probabilities, cross-entropy and perplexity are those of transformers, also of long texts.

The models that are handed to ``perplexity`` here know at which place of a window they are asked, so that every
token shows in which window it was counted. Each right answer comes from float64.
"""

import numpy as np
import pytest
from max.experimental import functional as F
from max.experimental.tensor import Tensor

from compare import CheckFailure, assert_close, assert_value_error, load_parameters, tensor, values

ALLOWED = 2e-4  # of a mean or of a perplexity, in proportion


def assert_number(result, wanted, device, what):
    """The result is this number: a float, or a tensor of a single one."""
    wanted = float(wanted)
    if isinstance(result, Tensor):
        array = values(result, device, what)
        if array.size != 1:
            raise CheckFailure(f"{what} as one number", f"a tensor of shape {list(array.shape)}", observed=array)
        result = array.item()
    if isinstance(result, bool) or not isinstance(result, (int, float, np.floating)):
        raise CheckFailure(f"{what} as a Python float", "None" if result is None else type(result).__name__)
    if not abs(result - wanted) <= ALLOWED * max(1.0, abs(wanted)):  # nan is not
        raise CheckFailure(f"{what} = {wanted:.6g}", f"{result:.6g}", observed=[float(result)])


def logits_of(probabilities, device):
    """Logits whose softmax these are, and not logarithms that sum to 1 already."""
    return tensor(np.float32(np.log(probabilities) + 3.0), device)


def table_model(case, device):
    """A model whose logits are a row of the case's table [window, vocab_size, vocab_size]: by place and by token."""
    table, window = case["table"], int(case["window"])

    def model(input_ids):
        ids = values(input_ids, device, "the model's input_ids")
        if ids.ndim != 2 or ids.dtype != np.int64:
            raise CheckFailure("input_ids [1, n] int64 for the model", f"{list(ids.shape)} {ids.dtype}")
        length = ids.shape[1]
        if not 1 <= length <= window:
            raise CheckFailure(f"the model to be asked about 1 to {window} tokens at once", f"it asked about {length}")
        return tensor(table[np.arange(length), ids], device)

    return model


# Log-probabilities


@pytest.mark.todo(1)
def test_each_token_is_predicted_by_the_logits_before_it(step, device):
    """Column i is the logarithm of what the logits at position i give token i + 1"""
    # The text is 2, 0, 1 for the first row: 1/8 and 1/2. No other reading gives the same numbers.
    probabilities = [
        [[1 / 8, 1 / 16, 13 / 16], [1 / 4, 1 / 2, 1 / 4], [3 / 8, 3 / 8, 1 / 4]],
        [[1 / 3, 1 / 2, 1 / 6], [1 / 5, 1 / 10, 7 / 10], [5 / 8, 1 / 8, 1 / 4]],
    ]
    result = step.log_probabilities(logits_of(probabilities, device), tensor([[2, 0, 1], [0, 1, 2]], device))
    assert_close(result, np.log([[1 / 8, 1 / 2], [1 / 2, 7 / 10]]), 1e-5, device, "the log-probabilities")


@pytest.mark.todo(1)
def test_log_probabilities_are_those_of_transformers(step, device, cases):
    """For texts of all sizes they are the logarithm of the softmax, each token's own"""
    for case in cases:
        result = step.log_probabilities(tensor(case["logits"], device), tensor(case["input_ids"], device))
        assert_close(result, case["log_probabilities"], 1e-4, device, "the log-probabilities")


@pytest.mark.todo(1)
def test_unlikely_tokens_keep_their_logarithm(step, device, expected):
    """A token whose probability is too small for float32 has a logarithm all the same"""
    lead = float(expected["lead"])
    logits = np.float32([[[lead, 0.0], [2 * lead, lead], [0.0, 0.0]]])
    result = step.log_probabilities(tensor(logits, device), tensor([[0, 1, 1]], device))
    assert_close(result, np.array([[-lead, -lead]]), 1e-3, device, "the log-probabilities")


@pytest.mark.todo(1)
def test_a_text_of_one_token_is_refused(step, device):
    """A text of one token is refused, for there is nothing to predict"""
    logits, ids = tensor(np.zeros((2, 1, 3), np.float32), device), tensor([[1], [2]], device)
    assert_value_error(lambda: step.log_probabilities(logits, ids), 1)


# Cross-entropy


@pytest.mark.todo(3)
def test_cross_entropy_is_the_loss_of_transformers(step, device, cases):
    """Without lengths cross_entropy is the loss that transformers computes"""
    for case in cases:
        result = step.cross_entropy(tensor(case["logits"], device), tensor(case["input_ids"], device))
        assert_number(result, case["cross_entropy"], device, "the cross-entropy")


@pytest.mark.todo(2, 3)
def test_padding_counts_for_nothing(step, device, cases):
    """With lengths it is the mean over the text of all rows; padding neither adds to it nor is counted"""
    for case in cases:
        lengths = tensor(case["lengths"], device)
        result = step.cross_entropy(tensor(case["logits"], device), tensor(case["input_ids"], device), lengths)
        assert_number(result, case["cross_entropy_of_text"], device, f"the cross-entropy of {case['lengths']} tokens")


@pytest.mark.todo(2)
def test_what_the_padding_is_does_not_matter(step, device):
    """Other padding, behind the same texts, changes nothing"""
    # Row 0 is a text of two tokens, of which the second has probability 1/4; row 1 is a text of one, in which
    # nothing is predicted; the text of row 2 has three: 1/2 and 1/8. The mean is (2 + 1 + 3) ln 2 / 3.
    rows = [[[1 / 4, 3 / 4]] * 3, [[1 / 2, 1 / 2]] * 3, [[1 / 2, 1 / 2], [7 / 8, 1 / 8], [1 / 2, 1 / 2]]]
    lengths = tensor([2, 1, 3], device)
    for padding, rest in ((0, 0.5), (1, 1e-9)):
        probabilities = np.array(rows)
        probabilities[0, 1:] = probabilities[1] = [1 - rest, rest]
        ids = tensor([[1, 0, padding], [1, padding, padding], [0, 1, 1]], device)
        result = step.cross_entropy(logits_of(probabilities, device), ids, lengths)
        assert_number(result, 2 * np.log(2), device, "the cross-entropy")


@pytest.mark.todo(3)
def test_a_uniform_model_is_as_surprised_as_its_vocabulary_is_large(step, device):
    """Where all of 50 tokens are equally likely the cross-entropy is ln 50"""
    logits, ids = tensor(np.full((2, 4, 50), -7.0, np.float32), device), tensor(np.arange(8).reshape(2, 4), device)
    assert_number(step.cross_entropy(logits, ids), np.log(50), device, "the cross-entropy")


# Perplexity


@pytest.mark.todo(4)
def test_a_uniform_model_has_the_perplexity_of_its_vocabulary(step, device):
    """Where all of 50 tokens are equally likely the perplexity is 50, in one window and in many"""

    def uniform(input_ids):
        return tensor(np.zeros((*values(input_ids, device, "the model's input_ids").shape, 50), np.float32), device)

    for length in (3, 9):
        ids = tensor(np.arange(length)[None], device)
        assert_number(step.perplexity(uniform, ids, 4, 2), 50, device, f"the perplexity of {length} tokens")


@pytest.mark.todo(4)
def test_a_short_text_is_read_at_once(step, device, cases):
    """A text that fits into the window has e to the power of its cross-entropy"""
    for case in cases:
        result = step.perplexity(table_model(case, device), tensor(case["short"], device), *window_of(case))
        assert_number(result, case["short_perplexity"], device, "the perplexity")


@pytest.mark.todo(4)
def test_each_token_of_a_long_text_counts_once(step, device, cases):
    """A text longer than the window: every token is counted in the first window that holds it, and all alike"""
    for case in cases:
        window, stride = window_of(case)
        result = step.perplexity(table_model(case, device), tensor(case["text"], device), window, stride)
        length = case["text"].shape[1]
        assert_number(
            result, case["perplexity"], device, f"the perplexity of {length} tokens, window {window}, stride {stride}"
        )


@pytest.mark.todo(4)
def test_perplexity_of_a_gpt2_is_that_of_transformers(step, device, expected):
    """The perplexity of a GPT-2 on a text longer than its context is what transformers gives"""
    from solutions.solution_13 import GPT2LMHeadModel

    with F.lazy():  # the weights that it begins with are never computed
        model = GPT2LMHeadModel(expected.config)
    load_parameters(model, expected.parameters, device)
    window = expected.config.n_positions
    result = step.perplexity(model, tensor(expected["story"], device), window, int(expected["story_stride"]))
    assert_number(result, expected["story_perplexity"], device, "the perplexity")


@pytest.mark.todo(4)
def test_a_text_without_a_second_token_has_no_perplexity(step, device, expected):
    """perplexity refuses a text of one token"""
    model = table_model(expected, device)
    assert_value_error(lambda: step.perplexity(model, tensor([[1]], device), *window_of(expected)), 1)


@pytest.mark.todo(4)
def test_a_stride_that_leaves_no_context_is_refused(step, device, expected):
    """A stride of 0, of the whole window or of more is refused, and the message names stride and window"""
    model, text = table_model(expected, device), tensor(expected["text"], device)
    for window, stride in ((76, 0), (76, 76), (76, 1776)):  # numbers that are nowhere in the text
        assert_value_error(
            lambda window=window, stride=stride: step.perplexity(model, text, window, stride), stride, window
        )


def window_of(case):
    return int(case["window"]), int(case["stride"])
