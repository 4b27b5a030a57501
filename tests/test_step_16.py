"""Step 16: a text that is read in parts gives the logits that transformers gives for the whole, and is read once.

The logits are those of step 13's fixtures, whichever way a text is split. What a cache is made of is not looked at: it
is only handed back. The models that ``generate_with_cache`` is given here count what they are asked; their cache is
all that they have read, and the next token that they are sure of depends on all of it.
"""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from compare import CheckFailure, assert_close, assert_shape, assert_value_error, load_parameters, tensor, values
from course.curriculum.steps import ROOT
from course.judging.case import Case, read_cases

VOCAB_SIZE = 11  # of the models that count
SURE = 20.0  # the logit of the token that must come, where all others have 0
GREEDY, SAMPLING = {"do_sample": False}, {"do_sample": True}
LENGTH = 4  # of a text that is read in parts

KNOWN = [  # whole texts, of which transformers says what comes out
    Case(
        {name: array for name, array in model.items() if not name.startswith("hidden")}
        | {name: heads[name] for name in ("query", "key", "value")}
        | {"attended": heads["output"]}
    )
    for model, heads in zip(*(read_cases(ROOT / f"tests/fixtures/step_{step}.npz") for step in ("13", "08")))
]


# Attention


@pytest.mark.todo(1)
def test_new_tokens_see_all_that_came_before_and_themselves(step, device):
    """Where all scores are equal, each new token gets the mean of all values up to its own"""
    # Value j is 2 ** j in the first feature. The three new tokens are number 2, 3 and 4.
    value = np.stack([2.0 ** np.arange(5), np.arange(5)], axis=-1, dtype=np.float32)[None, None]
    key = np.random.default_rng(1).normal(size=value.shape).astype(np.float32)
    result = step.compute_cached_attention(
        *(tensor(each, device) for each in (np.zeros_like(value[:, :, 2:]), key, value))
    )
    wanted = np.array([[7 / 3, 1.0], [15 / 4, 1.5], [31 / 5, 2.0]])[None, None]
    assert_close(result, wanted, 1e-5, device)


@pytest.mark.todo(1)
def test_attention_is_the_end_of_that_of_the_whole_text(step, device, cases):
    """However many of the tokens are new, they get what step 08 gives them in the whole text"""
    for case in cases:
        length = case["query"].shape[2]
        for past_length in sorted({0, length // 2, length - 1}):
            query = tensor(case["query"][:, :, past_length:], device)
            result = step.compute_cached_attention(query, tensor(case["key"], device), tensor(case["value"], device))
            what = f"the result for {length - past_length} new tokens of {length}"
            assert_close(result, case["attended"][:, :, past_length:], 1e-4, device, what)


# The model


@pytest.mark.todo(2, 3, 4)
def test_a_whole_text_gives_the_logits_of_step_13(step, config, device, expected, parameters):
    """Without a cache the logits are those of step 13, and the model has no parameters of its own"""
    model = load_parameters(step.CachedGPT2(config), parameters, device)
    logits, _ = read(model, expected["input_ids"], device)
    assert_close(logits, expected["logits"], 1e-4, device, "the logits")


@pytest.mark.todo(3, 2, 4)
def test_a_text_may_be_read_in_two_parts(step, config, device, expected, parameters):
    """A text that is read in two parts has the logits that it has as a whole"""
    model = load_parameters(step.CachedGPT2(config), parameters, device)
    assert_reads_on(model, expected, device, [0, 2, LENGTH])


@pytest.mark.todo(2, 3, 4)
def test_a_text_may_be_read_token_by_token(step, config, device, expected, parameters):
    """A text that is read token by token has the logits that it has as a whole"""
    model = load_parameters(step.CachedGPT2(config), parameters, device)
    assert_reads_on(model, expected, device, range(LENGTH))


@pytest.mark.todo(4, 2)
def test_a_cache_may_be_used_twice(step, config, device, expected, parameters):
    """A cache stays as it is: it can be gone on from twice, with another text"""
    model = load_parameters(step.CachedGPT2(config), parameters, device)
    ids, wanted = expected["input_ids"], expected["logits"]
    _, cache = read(model, ids[:, :3], device)
    others = np.roll(ids[:, 3:], 1, axis=1)
    read(model, others, device, cache)
    logits, _ = read(model, ids[:, 3:], device, cache)
    assert_close(logits, wanted[:, 3:], 1e-4, device, "the logits, when the cache is used again")


@pytest.mark.todo(2, 3, 4)
def test_models_of_all_sizes_share_nothing(step, device, cases):
    """Models of other sizes and weights, asked in turn, each go on from their own cache"""
    cases = cases[1:]  # the first is that of the other checks
    models = [load_parameters(step.CachedGPT2(case.config), case.parameters, device) for case in cases]
    middles = [case["input_ids"].shape[1] // 2 for case in cases]
    caches = [
        read(model, case["input_ids"][:, :middle], device)[1] if middle else None
        for model, case, middle in zip(models, cases, middles)
    ]
    found = [
        read(model, case["input_ids"][:, middle:], device, cache)[0]
        for model, case, middle, cache in zip(models, cases, middles, caches)
    ]
    for case, middle, logits in zip(cases, middles, found):
        what = f"the logits after {middle} tokens of {case.config}"
        assert_close(logits, case["logits"][:, middle:], 1e-4, device, what)


@pytest.mark.todo(3)
def test_a_full_cache_says_so(step, config, device):
    """Tokens that no longer fit are refused, and the message names how many there would be, and n_positions"""
    model = step.CachedGPT2(replace(config, n_layer=1))
    faults = {}
    for past_length, seq_length in ((config.n_positions, 1), (3, config.n_positions - 1), (0, config.n_positions + 2)):
        cache = read(model, np.zeros((1, past_length), np.int64), device)[1] if past_length else None
        ids = tensor(np.zeros((1, seq_length), np.int64), device)
        try:
            assert_value_error(
                lambda ids=ids, cache=cache: model(ids, cache), past_length + seq_length, config.n_positions
            )
        except CheckFailure as failure:
            faults[past_length, seq_length] = failure
    if faults:
        (past_length, _), first = next(iter(faults.items()))
        seen = ", ".join(
            f"{place}: {failure.actual if failure.observed is None else failure.observed}"
            for place, failure in faults.items()
        )
        after = f" (after {past_length} tokens)" if past_length else ""
        raise CheckFailure(first.expected + after, first.actual, first.help, observed=seen)


@pytest.mark.todo(3)
def test_a_cache_may_become_full(step, config, device):
    """The last position can be used: n_positions tokens fit"""
    model = step.CachedGPT2(replace(config, n_layer=1))
    try:
        _, cache = read(model, np.zeros((1, config.n_positions - 2), np.int64), device)
        logits, _ = read(model, np.zeros((1, 2), np.int64), device, cache)
    except ValueError as error:
        raise CheckFailure(f"{config.n_positions} tokens to be read", f"ValueError: {error}") from error
    assert_shape(logits, (1, 2, config.vocab_size), device, "the logits")


# Generation


@pytest.mark.todo(5, 6)
def test_each_token_is_read_once(step, device):
    """The model reads the prompt, then each new token once, and the last one not at all"""
    model = counting_model(device)
    text = continued(step, model, device, [3, 5, 2], max_new_tokens=4, **GREEDY)
    reads = [3, 1, 1, 1]
    if [len(ids) for ids in model.asked] != reads:
        raise CheckFailure(
            f"a model that is asked about {listed(reads)} tokens",
            f"one that is asked about {listed([len(ids) for ids in model.asked])}",
            observed=[len(ids) for ids in model.asked],
        )
    read_tokens = [token for ids in model.asked for token in ids]
    if read_tokens != text[:-1]:
        raise CheckFailure(f"tokens {listed(text[:-1])} to be read", f"{listed(read_tokens)}", observed=read_tokens)


@pytest.mark.todo(5, 6)
def test_what_comes_depends_on_all_that_was_read(step, device):
    """Each cache that the model gives is handed back to it, and the text is the prompt and what the model is sure of"""
    for prompt, count in (([3, 5, 2], 4), ([1], 3), ([4, 4], 1)):
        assert_text(
            continued(step, counting_model(device), device, prompt, max_new_tokens=count, **GREEDY), prompt, count
        )


@pytest.mark.todo(6)
def test_no_new_tokens_leave_the_prompt(step, device):
    """With max_new_tokens 0 the text is the prompt"""
    assert_text(continued(step, counting_model(device), device, [6, 1], max_new_tokens=0, **GREEDY), [6, 1], 0)


@pytest.mark.todo(6)
def test_the_end_of_sequence_ends_it(step, device):
    """eos_token_id is appended, and ends the text, also if it is 0; in the prompt, or as None, it ends nothing"""
    prompt = [5, 9, 2]
    new = right_text(prompt, 8)[len(prompt) :]
    for end, most in ((new[2], 7), (0, 8)):
        count = new.index(end) + 1
        text = continued(step, counting_model(device), device, prompt, max_new_tokens=most, eos_token_id=end, **GREEDY)
        assert_text(text, prompt, count, f" with eos_token_id {end}")


@pytest.mark.todo(6)
def test_settings_are_passed_on(step, device):
    """temperature and do_sample are those that generate_next_token is told; by default 10 tokens are drawn"""
    # Where all of 11 tokens are equally likely, six draws fall on given ones with a probability of 11**-6.
    prompt = [7, 3]
    for number, certain in enumerate(({"temperature": 1e6, **GREEDY}, {"temperature": 0.1, **SAMPLING})):
        text = continued(step, counting_model(device), device, prompt, max_new_tokens=6, **certain)
        if text != right_text(prompt, 6):
            raise CheckFailure(f"the tokens that the model is sure of, with {certain}", "others", observed=[number])
    by_default = continued(step, counting_model(device, 0.0), device, prompt)[2:]
    if len(set(by_default)) == 1:
        raise CheckFailure("tokens of all kinds, where all are equally likely", "one kind alone", observed=[2])
    if len(by_default) != 10:
        raise CheckFailure("10 new tokens, where nobody has said how many", f"{len(by_default)}", observed=[10])
    drawn = continued(step, counting_model(device), device, prompt, max_new_tokens=8, temperature=1e6, **SAMPLING)
    if drawn == right_text(prompt, 8):
        raise CheckFailure("tokens of all kinds at temperature 1e6", "the favourites alone", observed=[3])


@pytest.mark.todo(6, 5, 4, 3, 2, 1)
def test_a_text_is_continued_as_transformers_does(step, config, device, expected, parameters):
    """Greedy text with a cache is the one that transformers writes"""
    model = load_parameters(step.CachedGPT2(config), parameters, device)
    text = expected["greedy_text"][:, :9]
    ids = tensor(text[:, :7], device)
    result = values(step.generate_with_cache(model, ids, max_new_tokens=2, **GREEDY), device, "the output")
    if not np.array_equal(result, text):
        raise CheckFailure(f"the text {listed(text[0])}", f"{result.tolist()}", observed=result)


def read(model, ids, device, cache=None):
    """What the model makes of ids [batch, seq_length]: logits, and a cache."""
    given = tensor(ids, device)
    result = model(given) if cache is None else model(given, cache)
    if not isinstance(result, (tuple, list)) or len(result) != 2:
        came = f"{len(result)} of them" if isinstance(result, (tuple, list)) else type(result).__name__
        raise CheckFailure("a tuple of two: the logits and the cache", came)
    return result


def assert_reads_on(model, case, device, places):
    """A text that is read from place to place has the right logits in each part."""
    parts, cache = [], None  # all parts, before the first is looked at: MAX runs together what nobody has asked for yet
    for begin, end in pairwise(places):
        logits, cache = read(model, case["input_ids"][:, begin:end], device, cache)
        parts.append((begin, end, logits))
    for begin, end, logits in parts:
        what = f"the logits of tokens {begin} to {end - 1}" if end > begin + 1 else f"the logits of token {begin}"
        assert_close(logits, case["logits"][:, begin:end], 1e-4, device, what)


def counting_model(device, lead=SURE):
    """A model that is sure of one token: the sum of all that it has read, plus their number. ``asked`` is that."""

    def model(input_ids, cache=None):
        ids = values(input_ids, device, "the model's input_ids")
        if ids.ndim != 2 or len(ids) != 1 or ids.dtype != np.int64:
            raise CheckFailure("input_ids [1, n] int64 for the model", f"{list(ids.shape)} {ids.dtype}")
        model.asked.append(ids[0].tolist())
        past = np.zeros((1, 0), np.int64) if cache is None else values(cache, device, "the cache")
        read_so_far = np.concatenate([past, ids], axis=1)
        sums = (1 + read_so_far).cumsum(axis=1)[:, past.shape[1] :] % VOCAB_SIZE
        logits = lead * (sums[..., None] == np.arange(VOCAB_SIZE))
        return tensor(np.float32(logits), device), tensor(read_so_far, device)

    model.asked = []
    return model


def right_text(prompt, count):
    text = list(prompt)
    for _ in range(count):
        text.append((sum(text) + len(text)) % VOCAB_SIZE)
    return text


def continued(step, model, device, prompt, **settings):
    """The text that generate_with_cache makes of a prompt."""
    output = step.generate_with_cache(model, tensor([prompt], device), **settings)
    array = values(output, device, "the output")
    if array.ndim != 2 or len(array) != 1 or array.dtype != np.int64:
        raise CheckFailure("the output [1, seq_length + n] in int64", f"{list(array.shape)} {array.dtype}")
    return array[0].tolist()


def assert_text(text, prompt, count, when=""):
    if text != (wanted := right_text(prompt, count)):
        raise CheckFailure(f"the text {listed(wanted)}{when}", listed(text), observed=text)


def listed(numbers):
    return ", ".join(map(str, numbers))
