"""Step 14: the next token is the one that the logits ask for, and the loop feeds it back.

Most models here are hand-made: a few lines that return chosen logits, so that the right answer
can be worked out on paper. The last checks run a small GPT-2 built from steps 01 to 13.

Sampling is judged by its distribution, so that any correct sampler passes. Each judgement
rejects a correct one with a probability of at most one in a million.

A value is read as late as possible: what is read together has run together, in half the time.
"""

import inspect

import numpy as np
import pytest
from max.experimental import functional as F
from toy_models import (
    OTHERS,
    called,
    chosen,
    constant_model,
    continuation,
    favourite_among_others,
    generated,
    observed_of,
    one_id,
    prompt,
    successor_model,
    table_model,
)

from compare import CheckFailure, assert_shape, tensor, values
from draws import SLOPE, WRONG, counts_of, draw, draws, evidence_against, shares, side  # noqa: F401  (fixtures, some)

ENOUGH = 8  # draws of one of the others

GREEDY, SAMPLING = {"do_sample": False}, {"do_sample": True}

KNOWN = {
    "names": np.arange(11),  # the ids of a vocabulary in which each token is followed by the next one
    "logits": np.array([0.5, -2.0, 1.5, 3.0, 2.9, -7.0]),
    "favourite": np.array(1),  # among OTHERS
    # Temperatures. Logits grow with them, so that none says by itself what must come.
    "balanced": np.array([0.25, 4.0]),
    "ends": np.array([OTHERS, 0]),  # favourites there: the last and the first token
    "shares": np.array([0.5, 0.5]),  # their shares
    "cold": np.array(0.02),
    "colder": np.array(0.01),
    "hot": np.array(1e6),
    "ids": np.array([3, 11, 7]),  # a prompt for the small GPT-2
    "seed": np.array(14),  # of its weights
}


# The next token


@pytest.mark.todo(2, 3, 4, 1)
@pytest.mark.parametrize("settings", [SAMPLING, GREEDY], ids=["sampling", "greedy"])
def test_next_token_is_one_int64_id(step, device, settings):
    """The next token is a tensor that holds one int64 id of the vocabulary"""
    model = table_model(np.random.default_rng(1).normal(size=(7, 7)), device)
    one_id(step.generate_next_token(model, prompt(device, 3, 5, 2), **settings), 7, device)


@pytest.mark.todo(2)
@pytest.mark.parametrize("settings", [{}, GREEDY], ids=["sampling", "greedy"])
def test_only_the_last_position_counts(step, device, expected, settings):
    """The logits at the last position decide, and no others"""
    # After token i the model is sure of i + 1, the surer the larger i is. The prompt's last
    # token is 2, so 3 must come; an average or a sum of all positions is for 10, after the 9.
    names = expected["names"]
    ids = prompt(device, *called(names, 7, 4, 9, 2))
    token = one_id(step.generate_next_token(successor_model(device, names), ids, **settings), len(names), device)
    first, second, third, wanted = called(names, 8, 5, 10, 3)
    if token != wanted:
        positions = {first: "the first position", third: "the last position but one", second: "the second position"}
        raise CheckFailure(
            f"token {wanted}, which the last position is sure of", f"token {token}", positions.get(token)
        )


@pytest.mark.todo(4)
def test_greedy_is_the_argmax(step, device, expected):
    """Greedy decoding picks the token with the largest logit, every time"""
    logits = expected["logits"]
    largest, smallest = int(logits.argmax()), int(logits.argmin())
    tokens = chosen(step, device, logits, GREEDY, GREEDY) + chosen(step, device, -logits, GREEDY)
    if tokens != [largest, largest, smallest]:
        raise CheckFailure(
            f"tokens {largest}, {largest} (logit {logits.max():.1f}) and, all signs turned, {smallest}",
            ", ".join(map(str, tokens)),
        )


@pytest.mark.todo(4)
def test_greedy_knows_neither_temperature_nor_seed(step, device, expected, request):
    """Greedy decoding depends on neither the temperature nor NumPy's seed"""
    state = np.random.get_state()
    request.addfinalizer(lambda: np.random.set_state(state))  # what comes after it is as random as before

    def asked():
        for seed, temperature in enumerate((0.01, 3.0, 1e6)):
            np.random.seed(seed)
            yield {"temperature": temperature, **GREEDY}

    favourite = int(expected["favourite"])
    tokens = chosen(step, device, favourite_among_others(favourite, 0.01), *asked())
    if tokens != [favourite] * 3:
        raise CheckFailure(
            f"token {favourite} at temperatures 0.01, 3 and 1e6, with three seeds",
            f"tokens {', '.join(map(str, tokens))}",
            observed=observed_of(tokens),
        )


@pytest.mark.todo(3, 4)
def test_temperature_zero_is_greedy(step, device, expected):
    """Sampling at temperature 0 picks the token with the largest logit"""
    settings = {"temperature": 0.0, **SAMPLING}
    favourite = int(expected["favourite"])
    tokens = chosen(step, device, favourite_among_others(favourite, 0.01), settings, settings)
    if tokens != [favourite] * 2:
        raise CheckFailure(f"token {favourite} twice", ", ".join(map(str, tokens)), observed=observed_of(tokens))


# Sampling: tests/draws.py says how it is judged.


@pytest.mark.todo(3)
def test_sampling_follows_the_temperature(draws, shares):
    """Sampled tokens follow softmax(logits / temperature), below and above temperature 1"""
    counts = counts_of(draws())
    if evidence_against(counts, shares) > WRONG:
        worst = max(counts, key=lambda temperature: evidence_against({temperature: counts[temperature]}, shares))
        (hits, misses), share = counts[worst], shares[worst]
        count = hits + misses
        raise CheckFailure(
            f"at temperature {worst:.3g} a token of probability {share:.2g} about {share * count:.0f} times in {count}",
            f"it {hits} times",
            "Is the temperature applied: once, by division, to the logits before the softmax?",
            observed=[side(*counts[temperature], shares[temperature]) for temperature in counts],
            shares={
                "that token": (share, hits / count),
                f"{OTHERS:,} others together": (1 - share, misses / count),
            },
        )


@pytest.mark.todo(3)
def test_every_token_can_be_sampled(draw, draws, shares):
    """Unlikely tokens are sampled too, each with its own probability"""
    others = [rank for ranks in draws().values() for rank in ranks if rank]
    # The rarest of the others are those that hold a tenth of their probability: as soon as one of
    # them comes up, all is well. Where the others have half of the draws, each brings one up with a
    # probability of 0.05, and three hundred none with 0.95**300 = 2e-7. The favourite helps: a
    # sampler that keeps 95 % of all probability keeps nine tenths of theirs.
    probabilities = np.exp(SLOPE)
    rarest = np.flatnonzero(probabilities.cumsum() > 0.9 * probabilities.sum())[0] + 1
    for _ in range(75):
        if len(others) >= ENOUGH and max(others) >= rarest:
            break
        others += [rank for rank in draw(min(shares, key=shares.get), 4) if rank]
    if len(others) < ENOUGH or max(others) < rarest:
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
def test_low_temperature_approaches_greedy(step, device, expected):
    """As the temperature goes to 0, sampling becomes greedy"""
    # 1.0 against 0.0 at temperature 0.02: the others hold 20,000 * exp(-50) of the probability.
    favourite, temperature = int(expected["favourite"]), float(expected["cold"])
    settings = {"temperature": temperature, **SAMPLING}
    tokens = chosen(step, device, favourite_among_others(favourite, 50 * temperature), settings, settings)
    if tokens != [favourite] * 2:
        raise CheckFailure(f"token {favourite} twice at temperature {temperature:g}", ", ".join(map(str, tokens)))


@pytest.mark.todo(3)
def test_high_temperature_approaches_uniform(step, device, expected):
    """As the temperature grows, every token becomes equally likely"""
    # 5,000 tokens, two fifths with logit 40 and the rest with 0. At temperature 3 the first hold
    # all but 3e-6 of the probability, at a million two fifths of it: that sixteen draws all fall
    # there has a probability of 0.4**16 = 4e-7.
    temperature = float(expected["hot"])
    logits = np.where(np.arange(5000) % 5 < 2, 4e-5 * temperature, 0.0)
    settings = {"temperature": temperature, **SAMPLING}
    for _ in range(8):
        if any(token % 5 >= 2 for token in chosen(step, device, logits, settings, settings)):
            return
    raise CheckFailure(f"at temperature {temperature:g} tokens of all kinds", "only those that temperature 1 favours")


# The loop


@pytest.mark.todo(5)
@pytest.mark.parametrize("settings", [SAMPLING, GREEDY], ids=["sampling", "greedy"])
def test_output_is_the_prompt_and_the_new_tokens(step, device, expected, settings):
    """The output is [1, seq_length + n]: the prompt, then the n new tokens"""
    names = expected["names"]
    ids, new = called(names, 4, 2, 9), called(names, 10, 0)
    text = continuation(step, device, names, ids, max_new_tokens=2, **settings)
    if text != ids + new:
        raise CheckFailure(f"{ids} continued by {new}", str(text))


@pytest.mark.todo(5)
def test_the_prompt_is_not_changed(step, device):
    """The prompt that was passed in is left as it was"""
    ids = prompt(device, 4, 2, 9)
    step.generate_tokens(successor_model(device, KNOWN["names"]), ids, max_new_tokens=1, **GREEDY)
    if (array := values(ids, device, "the prompt")).tolist() != [[4, 2, 9]]:
        raise CheckFailure("the prompt [4, 2, 9]", str(array.tolist()))


@pytest.mark.todo(5)
def test_each_token_is_predicted_from_all_before_it(step, device, expected):
    """Each new token is predicted from the prompt and all tokens generated so far"""
    model = successor_model(device, expected["names"])
    seen = []

    def watched(input_ids):
        seen.append(input_ids)
        return model(input_ids)

    text = called(expected["names"], 4, 2, 3, 4)
    step.generate_tokens(watched, prompt(device, *text[:2]), max_new_tokens=3, **GREEDY)
    wanted = [text[:2], text[:3], text]
    if (found := [values(ids, device)[0].tolist() for ids in seen]) != wanted:
        raise CheckFailure(f"the model to be asked about {wanted}", str(found))


@pytest.mark.todo(5)
@pytest.mark.parametrize("count", [0, 1])
def test_max_new_tokens(step, device, expected, count):
    """max_new_tokens is the number of new tokens, be it 0 or 1"""
    wanted = called(expected["names"], 4, 2, 3)[: 2 + count]
    text = continuation(step, device, expected["names"], wanted[:2], max_new_tokens=count, **GREEDY)
    if text != wanted:
        raise CheckFailure(str(wanted), str(text))


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
def test_temperature_reaches_every_step(step, device, expected):
    """generate_tokens passes the temperature on to every step"""
    # One logit ahead of 20,000 others by 1. At temperature 0.01 nothing else has a chance (20,000
    # exp(-100)); at temperature 1 it comes up once in 7,000 draws.
    favourite, temperature = int(expected["favourite"]), float(expected["colder"])
    logits = favourite_among_others(favourite, 100 * temperature)
    settings = {"temperature": temperature, **SAMPLING}
    tokens = generated(step, device, logits, 2, **settings)
    if tokens != [favourite] * 2:
        # Where generate_next_token is right, it has not been told.
        is_told = chosen(step, device, logits, settings, settings) != [favourite] * 2
        raise CheckFailure(
            f"token {favourite} twice at temperature {temperature:g}",
            str(tokens),
            observed=[is_told, *observed_of(tokens)],
        )


@pytest.mark.todo(5)
def test_do_sample_reaches_every_step(step, device, expected):
    """generate_tokens passes do_sample on to every step, and two samples differ"""
    # Among 20,001 tokens of nearly equal logits two draws are equal once in 20,000 times, and
    # twice two once in 400 million.
    favourite = int(expected["favourite"])
    logits = favourite_among_others(favourite, 0.01)
    tokens = generated(step, device, logits, 2, **GREEDY)
    if tokens != [favourite] * 2:
        # Where generate_next_token is right, it has not been told.
        is_told = chosen(step, device, logits, GREEDY, GREEDY) != [favourite] * 2
        raise CheckFailure(
            f"token {favourite} twice with do_sample=False", str(tokens), observed=[is_told, *observed_of(tokens)]
        )
    sample, another = (generated(step, device, logits, 2, **settings) for settings in (SAMPLING, {}))
    if (favourite, favourite) in zip(sample, another):  # greedy at that step
        raise CheckFailure(
            f"other tokens than {favourite} with do_sample=True, and without do_sample", f"{sample} and {another}"
        )
    if sample == another:
        raise CheckFailure("two samples that differ", f"{sample} twice", "Is the random generator seeded?")


@pytest.mark.todo(5)
@pytest.mark.parametrize("settings", [SAMPLING, GREEDY], ids=["sampling", "greedy"])
def test_end_of_sequence_stops_after_it_is_appended(step, device, expected, settings):
    """Generation stops after the end-of-sequence token, which is kept"""
    wanted = called(expected["names"], 4, 2, 3, 4)
    end = wanted[-1]
    text = continuation(step, device, expected["names"], wanted[:2], max_new_tokens=5, eos_token_id=end, **settings)
    if text != wanted:
        help = {7: "Is the token appended before the loop ends?"}.get(len(text))
        raise CheckFailure(f"{wanted} with eos_token_id={end}", str(text), help)
    # The first new token can be the one. Ids above 256 are where Python's `is` fails.
    text = continuation(step, device, np.arange(301), [298], max_new_tokens=2, eos_token_id=299, **settings)
    if text != [298, 299]:
        raise CheckFailure("[298, 299] with eos_token_id=299", str(text))


@pytest.mark.todo(5)
def test_end_of_sequence_in_the_prompt_stops_nothing(step, device, expected):
    """An end-of-sequence token in the prompt does not stop the generation; token 0 can be one"""
    names = expected["names"]
    wanted = called(names, 4, 2, 3, 4)
    end = wanted[1]
    text = continuation(step, device, names, wanted[:2], max_new_tokens=2, eos_token_id=end, **GREEDY)
    if text != wanted:
        raise CheckFailure(f"{wanted} with eos_token_id={end}", str(text))
    before = np.flatnonzero(names == 0)[0]
    wanted = called(np.roll(names, 2 - before), 0, 1, 2)  # the two tokens before 0, and 0
    text = continuation(step, device, names, wanted[:1], max_new_tokens=4, eos_token_id=0, **GREEDY)
    if text != wanted:
        raise CheckFailure(f"{wanted} with eos_token_id=0", str(text))


# A small GPT-2


@pytest.fixture(scope="module")
def gpt2(device, expected):
    """A small random GPT-2 built from steps 01 to 13."""
    from solutions.solution_01 import GPT2Config
    from solutions.solution_13 import GPT2LMHeadModel

    with F.lazy():  # the weights that it begins with are never computed
        model = GPT2LMHeadModel(GPT2Config(vocab_size=13, n_positions=8, n_embd=6, n_layer=1, n_head=2, n_inner=10))
    rng = np.random.default_rng(int(expected["seed"]))
    model.load_state_dict(
        {
            name: tensor(rng.normal(size=[int(size) for size in value.shape]).astype(np.float32), device)
            for name, value in model.parameters
        }
    )
    return model


@pytest.mark.todo(5)
def test_a_gpt2_continues_greedily(step, device, expected, gpt2):
    """With a GPT-2, greedy generation takes the argmax of its logits at every step"""
    asked, answered = [], []

    def watched(input_ids):
        asked.append(input_ids)
        answered.append(gpt2(input_ids))
        return answered[-1]

    ids = expected["ids"][:2].tolist()
    output = step.generate_tokens(watched, prompt(device, *ids), max_new_tokens=2, **GREEDY)
    text = assert_shape(output, (1, 4), device, "the output")[0].tolist()
    best = [int(values(logits, device)[0, -1].argmax()) for logits in answered]
    if text != ids + best or [values(each, device)[0].tolist() for each in asked] != [text[:2], text[:3]]:
        raise CheckFailure(f"{ids} continued by {best}", str(text))


@pytest.mark.todo(5)
def test_a_gpt2_writes_samples_of_its_vocabulary(step, device, expected, gpt2):
    """With a GPT-2, sampling gives [1, seq_length + n] ids of its vocabulary"""
    ids = expected["ids"].tolist()
    output = step.generate_tokens(gpt2, prompt(device, *ids), max_new_tokens=1, temperature=1.5)
    array = assert_shape(output, (1, 4), device, "the output")
    if array[0, :3].tolist() != ids or array.min() < 0 or array.max() >= 13:
        raise CheckFailure(f"{ids} and an id from 0 to 12", str(array[0].tolist()))
