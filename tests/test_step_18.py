"""Step 18: what a text gives in a batch is what transformers gives for it alone, whatever stands beside or before it.

The logits are those of step 13's fixtures: the beginning of a text has the logits that it has in the whole. Nothing is
asked of what comes out at padding, and what a cache is made of is not looked at. The models that ``generate_batch`` is
given here know what each row should have read, and the next token that they are sure of depends on all of it.
"""

from itertools import pairwise

import numpy as np
import pytest
from max.dtype import DType
from test_step_16 import VOCAB_SIZE, listed, right_text

from compare import (
    CheckFailure,
    assert_close,
    assert_shape,
    assert_tensor,
    load_parameters,
    tensor,
    values,
)
from course.curriculum.steps import ROOT
from course.judging.case import Case, read_cases

GREEDY, SAMPLING = {"do_sample": False}, {"do_sample": True}
SURE = 20.0  # the logit of the token that must come, where all others have 0
ANY = np.nan  # where any value will do

KNOWN = [  # whole texts, of which transformers says what comes out
    Case({name: array for name, array in case.items() if not name.startswith("hidden")})
    for case in read_cases(ROOT / "tests/fixtures/step_13.npz")
]


# Padding


@pytest.mark.todo(1)
def test_texts_end_in_the_last_column(step, device):
    """Texts of different lengths become a rectangle, in which each ends in the last column"""
    texts = [[5, 3], [8], [2, 4, 6, 1], [7, 7, 9]]
    assert_padded(step, texts, 0, device)
    assert_padded(step, texts[::-1], 7, device)


@pytest.mark.todo(1)
def test_texts_of_one_length_stay(step, device):
    """Texts of one length, and one text alone, get no padding"""
    assert_padded(step, [[5, 3, 0], [8, 1, 2]], 0, device)
    assert_padded(step, [[4]], 0, device)


# Positions


@pytest.mark.todo(2)
def test_positions_begin_where_the_text_begins(step, device):
    """The first token of each row's text has position 0, the next one 1, whatever stands before them"""
    wanted = [[0, 1, 2, 3, 4], [ANY, ANY, 0, 1, 2], [ANY, ANY, ANY, ANY, 0]]
    assert_positions(step, [0, 2, 4], 0, wanted, device)


@pytest.mark.todo(2)
def test_positions_go_on_behind_what_was_read(step, device):
    """Behind columns that have been read, the positions of each text go on"""
    assert_positions(step, [1, 0, 3], 4, [[3, 4, 5], [4, 5, 6], [1, 2, 3]], device)
    assert_positions(step, [5, 2], 3, [[ANY, ANY, 0], [1, 2, 3]], device)


# The mask


@pytest.mark.todo(3)
def test_a_text_sees_itself_up_to_each_token(step, device):
    """Of equal scores, the mask gives a token equal shares of its own text up to itself, and nothing of padding"""
    assert_mask(step, [0, 2, 3, 1], 0, 4, device)


@pytest.mark.todo(3)
def test_new_columns_see_the_text_that_was_read(step, device):
    """Behind columns that have been read, the mask shows them, but for the padding"""
    assert_mask(step, [1, 0, 3], 3, 5, device)
    assert_mask(step, [0, 6], 6, 7, device)


@pytest.mark.todo(3)
def test_padding_has_something_to_look_at(step, device):
    """No row of the mask hides everything, not even padding's: softmax would make NaN of it"""
    for padding, total in (([2, 0], 3), ([3, 1], 4)):
        mask = mask_of(step, padding, 0, total, device)
        highest = mask.max(axis=-1)
        if not np.isfinite(highest).all():
            row, _, column = np.argwhere(~np.isfinite(highest))[0].tolist()
            raise CheckFailure(
                "a mask in which every column sees something",
                f"column {column} of text {row}, padding, sees nothing: {mask[row, 0, column].tolist()}",
                "The softmax of minus infinities alone is NaN, and from layer to layer NaN spreads to all.",
                observed=mask,
            )


# The model


@pytest.mark.todo(5, 4)
def test_without_padding_it_is_the_model_of_step_13(step, config, device, expected, parameters):
    """Texts without padding have the logits of step 13, and the model has no parameters of its own"""
    model = load_parameters(step.BatchedGPT2(config), parameters, device)
    ids = expected["input_ids"]
    logits, _ = read(model, ids, [0] * len(ids), device)
    assert_close(logits, expected["logits"], 1e-4, device, "the logits")


@pytest.mark.todo(5, 4, 3, 2)
def test_a_text_in_a_batch_is_what_it_is_alone(step, device, cases):
    """In models of all sizes each text of a batch has the logits that transformers gives it alone"""
    for case in cases:
        model = load_parameters(step.BatchedGPT2(case.config), case.parameters, device)
        assert_batch(model, case, lengths_of(case), case["input_ids"].shape[1], device)


@pytest.mark.todo(5, 4, 3, 2)
def test_padding_changes_nothing_however_much(step, config, device, expected, parameters):
    """More padding, of whatever ids, changes no logits of a text"""
    model = load_parameters(step.BatchedGPT2(config), parameters, device)
    lengths = [min(3, length) for length in lengths_of(expected)]
    assert_batch(model, expected, lengths, max(lengths) + 2, device, pad=config.vocab_size - 1)
    assert_batch(model, expected, lengths, config.n_positions, device)


@pytest.mark.todo(5, 4, 3, 2)
def test_a_batch_may_be_read_in_parts(step, config, device, expected, parameters):
    """A padded batch that is read in parts, also within the padding, has the logits of the whole"""
    model = load_parameters(step.BatchedGPT2(config), parameters, device)
    lengths = [min(5, length) for length in lengths_of(expected)]
    columns = max(lengths) + 2
    assert_batch(model, expected, lengths, columns, device, places=(0, 2, 5, columns))


@pytest.mark.todo(5, 4)
def test_a_cache_may_be_used_twice(step, config, device, expected, parameters):
    """The cache of a batch stays as it is: it can be gone on from twice"""
    model = load_parameters(step.BatchedGPT2(config), parameters, device)
    ids, wanted, padding = expected["input_ids"], expected["logits"], [0] * len(expected["input_ids"])
    _, cache = read(model, ids[:, :3], padding, device)
    read(model, np.roll(ids[:, 3:5], 1, axis=1), padding, device, cache)
    logits, _ = read(model, ids[:, 3:5], padding, device, cache)
    assert_close(logits, wanted[:, 3:5], 1e-4, device, "the logits, when the cache is used again")


# Generation


@pytest.mark.todo(6)
def test_each_text_gets_what_follows_it(step, device):
    """Texts of different lengths are continued, each by what the model is sure of after it alone"""
    for texts, count in (([[3, 5, 2], [9], [1, 4, 4, 0, 7]], 4), ([[6, 1]], 3), ([[2], [8, 3]], 1)):
        written, _ = continued(step, device, texts, max_new_tokens=count, **GREEDY)
        assert_texts(written, [right_text(text, count) for text in texts])


@pytest.mark.todo(6)
def test_a_batch_is_read_once(step, device):
    """The model reads the padded texts, then one new token for each, and no more than it needs"""
    _, asked = continued(step, device, [[3, 5, 2], [9]], max_new_tokens=4, **GREEDY)
    if asked != (wanted := [3, 1, 1, 1]):
        raise CheckFailure(
            f"a model that is asked about {listed(wanted)} columns",
            f"one that is asked about {listed(asked)}",
            observed=asked,
        )


@pytest.mark.todo(6)
def test_no_new_tokens_leave_the_texts(step, device):
    """With max_new_tokens 0 the texts come back as they are"""
    texts = [[6, 1], [2]]
    written, _ = continued(step, device, texts, max_new_tokens=0, **GREEDY)
    assert_texts(written, texts)


@pytest.mark.todo(6)
def test_each_text_ends_by_itself(step, device):
    """eos_token_id is appended to a text and ends it; the others go on, each to its own end"""
    texts, most = [[5, 9, 2], [1], [7, 3, 8, 2]], 9
    wholes = [right_text(text, most) for text in texts]
    ends = {end: [ended(whole, len(text), end) for whole, text in zip(wholes, texts)] for end in range(VOCAB_SIZE)}
    # The end that comes at the most different times, and 0, which is an end like any other.
    for end in (max(ends, key=lambda end: len(set(map(len, ends[end])))), 0):
        written, _ = continued(step, device, texts, max_new_tokens=most, eos_token_id=end, **GREEDY)
        assert_texts(written, ends[end], f" with eos_token_id {end}")


@pytest.mark.todo(6)
def test_an_end_in_the_prompt_ends_nothing(step, device):
    """eos_token_id ends a text where it is new, not where it stands in the prompt, or is like the padding"""
    texts = [[4, 4], [0, 4, 1]]
    wanted = [ended(right_text(text, 3), len(text), 4) for text in texts]
    written, _ = continued(step, device, texts, max_new_tokens=3, eos_token_id=4, **GREEDY)
    assert_texts(written, wanted, " with eos_token_id 4")


@pytest.mark.todo(6)
def test_it_stops_when_all_have_ended(step, device):
    """Once all texts have ended the model is asked nothing more"""
    texts = [[5, 9, 2], [5, 9, 2], [5, 9, 2]]
    end = right_text(texts[0], 2)[-1]
    wanted = ended(right_text(texts[0], 9), 3, end)
    _, asked = continued(step, device, texts, max_new_tokens=9, eos_token_id=end, **GREEDY)
    if len(asked) != len(wanted) - 3:
        raise CheckFailure(
            f"a model that is asked {len(wanted) - 3} times", f"one that is asked {len(asked)} times", observed=asked
        )


@pytest.mark.todo(6)
def test_settings_are_passed_on(step, device):
    """temperature and do_sample are those that choose_tokens is told"""
    # Where all of 11 tokens are equally likely, eight draws fall on given ones with a probability of 11**-8.
    texts = [[7, 3], [1]]
    right = [right_text(text, 4) for text in texts]
    for number, certain in enumerate(({"temperature": 1e6, **GREEDY}, {"temperature": 0.1, **SAMPLING})):
        if continued(step, device, texts, max_new_tokens=4, **certain)[0] != right:
            raise CheckFailure(f"the tokens that the model is sure of, with {certain}", "others", observed=[number])
    written, _ = continued(step, device, texts, lead=0.0, max_new_tokens=4, **SAMPLING)
    if len({token for text, prompt in zip(written, texts) for token in text[len(prompt) :]}) == 1:
        raise CheckFailure("tokens of all kinds, where all are equally likely", "one kind alone", observed=[2])
    if continued(step, device, texts, max_new_tokens=4, temperature=1e6, **SAMPLING)[0] == right:
        raise CheckFailure("tokens of all kinds at temperature 1e6", "the favourites alone", observed=[3])


@pytest.mark.todo(6, 5, 4, 3, 2, 1)
def test_texts_are_continued_as_transformers_does(step, config, device, expected, parameters):
    """Greedy texts of a batch are those that transformers writes, each alone"""
    model = load_parameters(step.BatchedGPT2(config), parameters, device)
    whole, count = expected["greedy_text"], 2
    prompts = [whole[:, :length] for length in (7, 10, 8)]
    result = texts_of(
        step.generate_batch(model, tuple(tensor(each, device) for each in prompts), max_new_tokens=count, **GREEDY),
        device,
    )
    assert_texts(result, [whole[0, : each.shape[1] + count].tolist() for each in prompts])


def assert_padded(step, texts, pad_token_id, device):
    """pad_left makes this of texts."""
    result = step.pad_left(tuple(tensor([text], device) for text in texts), pad_token_id)
    if not isinstance(result, (tuple, list)) or len(result) != 2:
        came = f"{len(result)} of them" if isinstance(result, (tuple, list)) else type(result).__name__
        raise CheckFailure("a tuple of two: input_ids and padding", came)
    longest = max(map(len, texts))
    padding = np.array([longest - len(text) for text in texts])
    rows = np.array([[pad_token_id] * (longest - len(text)) + text for text in texts])
    for found, wanted, what in zip(result, (rows, padding), ("input_ids", "padding")):
        if (dtype := assert_tensor(found, device, what).dtype) != DType.int64:
            raise CheckFailure(f"{what} in int64", f"it in {dtype}")
        array = assert_shape(found, wanted.shape, device, what)
        if not np.array_equal(array, wanted):
            raise CheckFailure(f"{what} {wanted.tolist()}", f"{array.tolist()}", observed=array)


def assert_positions(step, padding, past_length, wanted, device):
    wanted = np.array(wanted)
    result = step.padded_positions(tensor(padding, device), past_length, past_length + wanted.shape[1])
    if (dtype := assert_tensor(result, device, "the positions").dtype) != DType.int64:
        raise CheckFailure("positions in int64", f"{dtype}")
    assert_close(result, wanted, 0.5, device, "positions")


def mask_of(step, padding, past_length, total_length, device):
    """The mask [batch, 1, seq_length, total_length], once its shape is right."""
    result = step.padded_mask(tensor(padding, device), past_length, total_length, DType.float32)
    shape = (len(padding), 1, total_length - past_length, total_length)
    return assert_shape(result, shape, device, "the mask").astype(np.float64)


def assert_mask(step, padding, past_length, total_length, device):
    """The weights that the mask makes of equal scores, for the tokens of each text."""
    mask = mask_of(step, padding, past_length, total_length, device)
    looking, seen = np.arange(past_length, total_length)[:, None], np.arange(total_length)
    begins = np.array(padding)[:, None, None, None]
    visible = (seen >= begins) & (seen <= looking)  # [batch, 1, seq, total]
    is_text = looking >= begins
    if np.isnan(mask).any():
        raise CheckFailure("a mask of numbers", "NaN", "0 times minus infinity is NaN.", observed=mask)
    weights = np.exp(mask - mask.max(axis=-1, keepdims=True).clip(-1e30)) * is_text
    weights /= weights.sum(axis=-1, keepdims=True).clip(1e-30)
    wanted = visible / visible.sum(axis=-1, keepdims=True).clip(1) * is_text
    off = np.abs(weights - wanted) > 1e-6
    if off.any():
        row, _, column, key = np.argwhere(off)[0].tolist()
        raise CheckFailure(
            f"column {past_length + column} of text {row} to give column {key} {wanted[row, 0, column, key]:.3g} of "
            f"its attention, where the padding is {padding}",
            f"{weights[row, 0, column, key]:.3g}; its mask is {mask[row, 0, column].tolist()}",
            observed=mask,
        )


def lengths_of(case):
    """A length for each text of a case: all of it for the last, and others for those before it."""
    batch, seq_length = case["input_ids"].shape
    return [(seq_length - 1 - 2 * (batch - 1 - row)) % seq_length + 1 for row in range(batch)]


def assert_batch(model, case, lengths, columns, device, pad=0, places=None, tolerance=1e-4):
    """Texts of these lengths, padded to so many columns and read from place to place, have the logits of each alone."""
    ids = np.full((len(lengths), columns), pad)
    wanted = np.full((len(lengths), columns, case["logits"].shape[-1]), ANY)
    for row, length in enumerate(lengths):
        ids[row, columns - length :] = case["input_ids"][row, :length]
        wanted[row, columns - length :] = case["logits"][row, :length]
    padding, cache = [columns - length for length in lengths], None
    for begin, end in pairwise(places or (0, columns)):
        logits, cache = read(model, ids[:, begin:end], padding, device, cache)
        array = assert_shape(logits, wanted[:, begin:end].shape, device, "the logits")
        blank = np.isnan(wanted[:, begin:end])
        # What stands at padding is nobody's business, NaN included.
        what = f"the logits of columns {begin} to {end - 1}, of which {listed(padding)} are padding,"
        right = np.where(blank, 0, wanted[:, begin:end])
        assert_close(tensor(np.where(blank, 0, array), device), right, tolerance, device, what)


def read(model, ids, padding, device, cache=None):
    """What the model makes of ids [batch, seq_length]: logits, and a cache."""
    given = tensor(ids, device), tensor(padding, device)
    result = model(*given) if cache is None else model(*given, cache)
    if not isinstance(result, (tuple, list)) or len(result) != 2:
        came = f"{len(result)} of them" if isinstance(result, (tuple, list)) else type(result).__name__
        raise CheckFailure("a tuple of two: the logits and the cache", came)
    return result


def knowing_model(texts, device, lead):
    """A model for padded texts that is sure of a token in each row, as step 16's is. ``asked``: how much it read."""
    longest = max(map(len, texts))
    lacking = [longest - len(text) for text in texts]

    def model(input_ids, padding, cache=None):
        ids, pads = values(input_ids, device, "the model's input_ids"), values(padding, device, "the model's padding")
        if ids.ndim != 2 or len(ids) != len(texts) or ids.dtype != np.int64:
            raise CheckFailure(f"input_ids [{len(texts)}, n] int64 for the model", f"{list(ids.shape)} {ids.dtype}")
        if pads.tolist() != lacking:
            raise CheckFailure(f"padding {lacking} for the model", f"{pads.tolist()}", observed=pads)
        model.asked.append(ids.shape[1])
        past = np.zeros((len(ids), 0), np.int64) if cache is None else values(cache, device, "the cache")
        columns = np.concatenate([past, ids], axis=1)
        is_text = np.arange(columns.shape[1]) >= pads[:, None]
        sums = ((1 + columns) * is_text).cumsum(axis=1)[:, past.shape[1] :] % VOCAB_SIZE
        logits = lead * (sums[..., None] == np.arange(VOCAB_SIZE))
        return tensor(np.float32(logits), device), tensor(columns, device)

    model.asked = []
    return model


def continued(step, device, texts, lead=SURE, **settings):
    """The texts that generate_batch makes of others, and how many columns its model was asked about each time."""
    model = knowing_model(texts, device, lead)
    output = step.generate_batch(model, tuple(tensor([text], device) for text in texts), **settings)
    return texts_of(output, device), model.asked


def texts_of(output, device):
    """Texts as lists of ids, once they are [1, n] int64 each."""
    if not isinstance(output, (tuple, list)):
        raise CheckFailure("a list of texts", type(output).__name__)
    arrays = [values(text, device, f"text {row}") for row, text in enumerate(output)]
    for row, array in enumerate(arrays):
        if array.ndim != 2 or len(array) != 1 or array.dtype != np.int64:
            raise CheckFailure(f"text {row} [1, n] in int64", f"{list(array.shape)} {array.dtype}")
    return [array[0].tolist() for array in arrays]


def ended(text, prompt_length, end):
    """The text up to the first new token that is its end."""
    new = text[prompt_length:]
    return text[: prompt_length + new.index(end) + 1] if end in new else text


def assert_texts(written, wanted, when=""):
    if len(written) != len(wanted):
        raise CheckFailure(f"{len(wanted)} texts", f"{len(written)}", observed=len(written))
    for row, (text, right) in enumerate(zip(written, wanted)):
        if text != right:
            observed = [token for each in written for token in [*each, -1]]
            raise CheckFailure(f"text {row} to be {listed(right)}{when}", listed(text), observed=observed)
