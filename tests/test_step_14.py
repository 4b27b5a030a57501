"""Step 14: the next token is the one that the logits ask for, and the loop feeds it back.

Most models here are hand-made: a few lines that return chosen logits, so that the right answer
can be worked out on paper. The last checks run a small GPT-2 built from steps 01 to 13.

Sampling is judged by its distribution, so that any correct sampler passes. Each judgement
rejects a correct one with a probability of at most one in a million.

A value is read as late as possible: what is read together has run together, in half the time.
"""

import inspect
from functools import cache
from math import comb

import numpy as np
import pytest
from compare import CheckFailure, assert_shape, assert_tensor, tensor, values
from max.dtype import DType
from max.experimental import functional as F

GREEDY, SAMPLING = {"do_sample": False}, {"do_sample": True}

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


def successor_model(device, vocab_size=11):
    """A model that is sure of token + 1 after each token, and knows where it wraps round.

    The larger the token the surer it is: where a prompt ends with a small one, the positions
    before the last would outvote it.
    """
    sure = 20.0 * np.arange(1, vocab_size + 1)
    return table_model(sure[:, None] * np.roll(np.eye(vocab_size), 1, axis=1), device)


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


def favourite_among(count, lead):
    """Logits of so many tokens, all equal but that of token 1, which is greater by ``lead``."""
    # Below zero, as GPT-2's are: that changes no probability.
    return lead * (np.arange(count) == 1) - 100.0


def continuation(step, device, ids, vocab_size=11, **settings):
    """What generate_tokens makes of a prompt with a model that is sure of token + 1."""
    output = step.generate_tokens(successor_model(device, vocab_size), prompt(device, *ids), **settings)
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


# The next token


@pytest.mark.todo(2, 3, 4, 1)
@pytest.mark.parametrize("settings", [SAMPLING, GREEDY], ids=["sampling", "greedy"])
def test_next_token_is_one_int64_id(step, device, settings):
    """The next token is a tensor that holds one int64 id of the vocabulary"""
    model = table_model(np.random.default_rng(1).normal(size=(7, 7)), device)
    one_id(step.generate_next_token(model, prompt(device, 3, 5, 2), **settings), 7, device)


@pytest.mark.todo(2)
@pytest.mark.parametrize("settings", [{}, GREEDY], ids=["sampling", "greedy"])
def test_only_the_last_position_counts(step, device, settings):
    """The logits at the last position decide, and no others"""
    # After token i the model is sure of i + 1, the surer the larger i is. The prompt's last
    # token is 2, so 3 must come; an average or a sum of all positions is for 10, after the 9.
    result = step.generate_next_token(successor_model(device), prompt(device, 7, 4, 9, 2), **settings)
    token = one_id(result, 11, device)
    if token != 3:
        positions = {8: "the first position", 10: "the last position but one", 5: "the second position"}
        raise CheckFailure("token 3, which the last position is sure of", f"token {token}", positions.get(token))


@pytest.mark.todo(4)
def test_greedy_is_the_argmax(step, device):
    """Greedy decoding picks the token with the largest logit, every time"""
    logits = np.array([0.5, -2.0, 1.5, 3.0, 2.9, -7.0])
    tokens = chosen(step, device, logits, GREEDY, GREEDY) + chosen(step, device, -logits, GREEDY)
    if tokens != [3, 3, 5]:
        raise CheckFailure("tokens 3, 3 (logit 3.0) and, all signs turned, 5", ", ".join(map(str, tokens)))


@pytest.mark.todo(4)
def test_greedy_knows_neither_temperature_nor_seed(step, device, request):
    """Greedy decoding depends on neither the temperature nor NumPy's seed"""
    request.addfinalizer(np.random.seed)  # what comes after it is random again

    def asked():
        for seed, temperature in enumerate((0.01, 3.0, 1e6)):
            np.random.seed(seed)
            yield {"temperature": temperature, **GREEDY}

    tokens = chosen(step, device, favourite_among(20_001, 0.01), *asked())
    if tokens != [1, 1, 1]:
        raise CheckFailure(
            "token 1 at temperatures 0.01, 3 and 1e6, with three seeds",
            f"tokens {', '.join(map(str, tokens))}",
            observed=observed_of(tokens),
        )


@pytest.mark.todo(3, 4)
def test_temperature_zero_is_greedy(step, device):
    """Sampling at temperature 0 picks the token with the largest logit"""
    settings = {"temperature": 0.0, **SAMPLING}
    tokens = chosen(step, device, favourite_among(20_001, 0.01), settings, settings)
    if tokens != [1, 1]:
        raise CheckFailure("token 1 twice", ", ".join(map(str, tokens)), observed=observed_of(tokens))


# Sampling. One token, the favourite, stands against 20,000 others of nearly equal logits. The
# favourite's logit is such that at the right temperature it comes up in half of the draws. At
# half or twice that temperature it comes up in 99.9 % or in under 1 % of them, and where powers
# of 2 stand in for powers of e in 4 %. So drawing goes on until both kinds have come up four
# times, ten draws or so, and for thirty-six at most.
# The others slope a little: a sampler that keeps only the most likely ones shows too.

OTHERS = 20_000
DRAWS = 36
ENOUGH = 4  # a correct sampler brings up either kind less often with a probability of 2e-7

# The favourite's id at each temperature: the last one, too, has to come up.
FAVOURITES = {0.25: OTHERS, 4.0: 0}


def balanced_logits(temperature):
    """Logits [OTHERS + 1] with softmax(logits / temperature) = 1/2 at the favourite's id."""
    others = np.linspace(0.0, -0.5, OTHERS)
    favourite = np.log(np.exp(others).sum())
    # The logits of GPT-2, too, lie around -100. That changes no probability.
    return temperature * np.insert(others, FAVOURITES[temperature], favourite) - 100.0


@pytest.fixture(scope="module")
def draw(step, device):
    """Draws at a temperature from its balanced logits: 0 is the favourite, 1 the likeliest of the others, and so on."""

    def ranks(temperature, count):
        settings = {"temperature": temperature, **SAMPLING}
        favourite = FAVOURITES[temperature]
        tokens = chosen(step, device, balanced_logits(temperature), *[settings] * count)
        return [0 if token == favourite else token + (token < favourite) for token in tokens]

    return ranks


@pytest.fixture(scope="module")
def draws(draw):
    """A function from a temperature to draws at it, until there are enough of both kinds. They are drawn once."""

    @cache
    def of(temperature):
        drawn = draw(temperature, 2 * ENOUGH)
        while len(drawn) < DRAWS and not ENOUGH <= drawn.count(0) <= len(drawn) - ENOUGH:
            drawn += draw(temperature, 2)
        return drawn

    return of


@pytest.mark.todo(3)
def test_sampling_follows_the_temperature(draws):
    """Sampled tokens follow softmax(logits / temperature), below and above temperature 1"""
    assert len(FAVOURITES) * 2 * binomial_tail(ENOUGH - 1, DRAWS) < 1e-6
    counts = {temperature: (draws(temperature).count(0), len(draws(temperature))) for temperature in FAVOURITES}
    # -1: it hardly ever comes up, 1: hardly anything else does
    observed = [-1 if hits < ENOUGH else int(count - hits < ENOUGH) for hits, count in counts.values()]
    if any(observed):
        wrong = list(counts)[np.flatnonzero(observed)[0]]
        share = counts[wrong][0] / counts[wrong][1]
        raise CheckFailure(
            f"at temperature {wrong:g} a token of probability 1/2 in {ENOUGH} to {DRAWS - ENOUGH} of {DRAWS} draws",
            f"it in {counts[wrong][0]}",
            "Is the temperature applied: once, by division, to the logits before the softmax?",
            observed=observed,
            shares={"that token": (0.5, share), f"{OTHERS:,} others together": (0.5, 1 - share)},
        )


@pytest.mark.todo(3)
def test_every_token_can_be_sampled(draw, draws):
    """Unlikely tokens are sampled too, each with its own probability"""
    others = [rank for temperature in FAVOURITES for rank in draws(temperature) if rank]
    # The rarest of the others are those that hold a tenth of their probability: as soon as one of
    # them comes up, all is well. Each draw brings one up with a probability of 0.05, and three
    # hundred draws none with 0.95**300 = 2e-7. The favourite helps: a sampler that keeps 95 % of
    # all probability keeps nine tenths of theirs.
    shares = np.exp(np.linspace(0.0, -0.5, OTHERS))
    rarest = np.flatnonzero(shares.cumsum() > 0.9 * shares.sum())[0] + 1
    for _ in range(75):
        if len(others) < 2 * ENOUGH or max(others) >= rarest:
            break
        others += [rank for rank in draw(4.0, 4) if rank]
    if len(others) < 2 * ENOUGH or max(others) < rarest:
        raise CheckFailure(
            "tokens from the whole vocabulary",
            "only the most likely ones",
            shares={"the likeliest tokens": (0.9, 1.0), "the rarest ones": (0.1, 0.0)},
        )
    # Of 8 draws or more from 20,000 tokens half repeat with a probability below 1e-7.
    if len(set(others)) <= len(others) / 2:
        raise CheckFailure(
            f"{len(others)} draws from {OTHERS} tokens that hardly ever repeat",
            f"{len(set(others))} different tokens",
            "Is the random generator seeded anew for every draw?",
        )


@pytest.mark.todo(3)
def test_low_temperature_approaches_greedy(step, device):
    """As the temperature goes to 0, sampling becomes greedy"""
    # Ahead by 1.0 at temperature 0.02: the others hold 20,000 * exp(-50) of the probability.
    settings = {"temperature": 0.02, **SAMPLING}
    tokens = chosen(step, device, favourite_among(20_001, 1.0), settings, settings)
    if tokens != [1, 1]:
        raise CheckFailure("token 1 twice at temperature 0.02", ", ".join(map(str, tokens)))


@pytest.mark.todo(3)
def test_high_temperature_approaches_uniform(step, device):
    """As the temperature grows, every token becomes equally likely"""
    # 5,000 tokens, two fifths with logit 40 and the rest with 0. At temperature 3 the first hold
    # all but 3e-6 of the probability, at a million two fifths of it: that sixteen draws all fall
    # there has a probability of 0.4**16 = 4e-7.
    logits = np.where(np.arange(5000) % 5 < 2, 40.0, 0.0)
    settings = {"temperature": 1e6, **SAMPLING}
    for _ in range(8):
        if any(token % 5 >= 2 for token in chosen(step, device, logits, settings, settings)):
            return
    raise CheckFailure("at temperature 1e6 tokens of all kinds", "only those that temperature 1 favours")


# The loop


@pytest.mark.todo(5)
@pytest.mark.parametrize("settings", [SAMPLING, GREEDY], ids=["sampling", "greedy"])
def test_output_is_the_prompt_and_the_new_tokens(step, device, settings):
    """The output is [1, seq_length + n]: the prompt, then the n new tokens"""
    text = continuation(step, device, [4, 2, 9], max_new_tokens=2, **settings)
    if text != [4, 2, 9, 10, 0]:
        raise CheckFailure("[4, 2, 9] continued by [10, 0]", str(text))


@pytest.mark.todo(5)
def test_the_prompt_is_not_changed(step, device):
    """The prompt that was passed in is left as it was"""
    ids = prompt(device, 4, 2, 9)
    step.generate_tokens(successor_model(device), ids, max_new_tokens=1, **GREEDY)
    if (array := values(ids, device, "the prompt")).tolist() != [[4, 2, 9]]:
        raise CheckFailure("the prompt [4, 2, 9]", str(array.tolist()))


@pytest.mark.todo(5)
def test_each_token_is_predicted_from_all_before_it(step, device):
    """Each new token is predicted from the prompt and all tokens generated so far"""
    model = successor_model(device)
    seen = []

    def watched(input_ids):
        seen.append(input_ids)
        return model(input_ids)

    step.generate_tokens(watched, prompt(device, 4, 2), max_new_tokens=3, **GREEDY)
    wanted = [[4, 2], [4, 2, 3], [4, 2, 3, 4]]
    if (found := [values(ids, device)[0].tolist() for ids in seen]) != wanted:
        raise CheckFailure(f"the model to be asked about {wanted}", str(found))


@pytest.mark.todo(5)
@pytest.mark.parametrize("count", [0, 1])
def test_max_new_tokens(step, device, count):
    """max_new_tokens is the number of new tokens, be it 0 or 1"""
    text = continuation(step, device, [4, 2], max_new_tokens=count, **GREEDY)
    if text != [4, 2, 3][: 2 + count]:
        raise CheckFailure(str([4, 2, 3][: 2 + count]), str(text))


@pytest.mark.todo(5)
def test_ten_samples_at_temperature_one_are_the_default(step, device):
    """Unless told otherwise, ten tokens are sampled at temperature 1"""
    output = step.generate_tokens(constant_model(np.zeros(3), device), prompt(device, 1), **GREEDY)
    assert_shape(output, (1, 11), device, "the output")
    # That a default of 0.9 is not 1 would take many draws to show, and it can be read. Where it
    # is no number, such as None, the draws of other checks show what it stands for.
    defaults = {"temperature": 1.0, "do_sample": True, "eos_token_id": None}
    for function in (step.generate_next_token, step.generate_tokens):
        for name, parameter in inspect.signature(function).parameters.items():
            found = parameter.default
            if name in defaults and isinstance(found, (int, float)) and found != defaults[name]:
                raise CheckFailure(f"{name}={defaults[name]} in {function.__name__}", f"{name}={found}")


@pytest.mark.todo(5)
def test_temperature_reaches_every_step(step, device):
    """generate_tokens passes the temperature on to every step"""
    # One logit ahead of 20,000 others by 1. At temperature 0.01 nothing else has a chance (20,000
    # exp(-100)); at temperature 1 it comes up once in 7,000 draws.
    logits = favourite_among(20_001, 1.0)
    settings = {"temperature": 0.01, **SAMPLING}
    tokens = generated(step, device, logits, 2, **settings)
    if tokens != [1, 1]:
        # Where generate_next_token is right, it has not been told.
        is_told = chosen(step, device, logits, settings, settings) != [1, 1]
        raise CheckFailure(
            "token 1 twice at temperature 0.01", str(tokens), observed=[is_told, *observed_of(tokens)]
        )


@pytest.mark.todo(5)
def test_do_sample_reaches_every_step(step, device):
    """generate_tokens passes do_sample on to every step, and two samples differ"""
    # Among 20,001 tokens of nearly equal logits two draws are equal once in 20,000 times, and
    # twice two once in 400 million.
    logits = favourite_among(20_001, 0.01)
    tokens = generated(step, device, logits, 2, **GREEDY)
    if tokens != [1, 1]:
        # Where generate_next_token is right, it has not been told.
        is_told = chosen(step, device, logits, GREEDY, GREEDY) != [1, 1]
        raise CheckFailure(
            "token 1 twice with do_sample=False", str(tokens), observed=[is_told, *observed_of(tokens)]
        )
    sample, another = (generated(step, device, logits, 2, **settings) for settings in (SAMPLING, {}))
    if (1, 1) in zip(sample, another):  # greedy at that step
        raise CheckFailure("other tokens than 1 with do_sample=True, and without do_sample", f"{sample} and {another}")
    if sample == another:
        raise CheckFailure("two samples that differ", f"{sample} twice", "Is the random generator seeded?")


@pytest.mark.todo(5)
@pytest.mark.parametrize("settings", [SAMPLING, GREEDY], ids=["sampling", "greedy"])
def test_end_of_sequence_stops_after_it_is_appended(step, device, settings):
    """Generation stops after the end-of-sequence token, which is kept"""
    text = continuation(step, device, [4, 2], max_new_tokens=5, eos_token_id=4, **settings)
    if text != [4, 2, 3, 4]:
        help = {7: "Is the token appended before the loop ends?"}.get(len(text))
        raise CheckFailure("[4, 2, 3, 4] with eos_token_id=4", str(text), help)
    # The first new token can be the one. Ids above 256 are where Python's `is` fails.
    text = continuation(step, device, [298], vocab_size=301, max_new_tokens=2, eos_token_id=299, **settings)
    if text != [298, 299]:
        raise CheckFailure("[298, 299] with eos_token_id=299", str(text))


@pytest.mark.todo(5)
def test_end_of_sequence_in_the_prompt_stops_nothing(step, device):
    """An end-of-sequence token in the prompt does not stop the generation; token 0 can be one"""
    text = continuation(step, device, [4, 2], max_new_tokens=2, eos_token_id=2, **GREEDY)
    if text != [4, 2, 3, 4]:
        raise CheckFailure("[4, 2, 3, 4] with eos_token_id=2", str(text))
    text = continuation(step, device, [9], max_new_tokens=4, eos_token_id=0, **GREEDY)
    if text != [9, 10, 0]:
        raise CheckFailure("[9, 10, 0] with eos_token_id=0", str(text))


# A small GPT-2


@pytest.fixture(scope="module")
def gpt2(device):
    """A small random GPT-2 built from steps 01 to 13."""
    from solutions.solution_01 import GPT2Config
    from solutions.solution_13 import GPT2LMHeadModel

    with F.lazy():  # the weights that it begins with are never computed
        model = GPT2LMHeadModel(GPT2Config(vocab_size=13, n_positions=8, n_embd=6, n_layer=1, n_head=2, n_inner=10))
    rng = np.random.default_rng(14)
    model.load_state_dict(
        {
            name: tensor(rng.normal(size=[int(size) for size in value.shape]).astype(np.float32), device)
            for name, value in model.parameters
        }
    )
    return model


@pytest.mark.todo(5)
def test_a_gpt2_continues_greedily(step, device, gpt2):
    """With a GPT-2, greedy generation takes the argmax of its logits at every step"""
    asked, answered = [], []

    def watched(input_ids):
        asked.append(input_ids)
        answered.append(gpt2(input_ids))
        return answered[-1]

    output = step.generate_tokens(watched, prompt(device, 3, 11), max_new_tokens=2, **GREEDY)
    text = assert_shape(output, (1, 4), device, "the output")[0].tolist()
    best = [int(values(logits, device)[0, -1].argmax()) for logits in answered]
    if text != [3, 11, *best] or [values(ids, device)[0].tolist() for ids in asked] != [text[:2], text[:3]]:
        raise CheckFailure(f"[3, 11] continued by {best}", str(text))


@pytest.mark.todo(5)
def test_a_gpt2_writes_samples_of_its_vocabulary(step, device, gpt2):
    """With a GPT-2, sampling gives [1, seq_length + n] ids of its vocabulary"""
    output = step.generate_tokens(gpt2, prompt(device, 3, 11, 7), max_new_tokens=1, temperature=1.5)
    array = assert_shape(output, (1, 4), device, "the output")
    if array[0, :3].tolist() != [3, 11, 7] or array.min() < 0 or array.max() >= 13:
        raise CheckFailure("[3, 11, 7] and an id from 0 to 12", str(array[0].tolist()))
