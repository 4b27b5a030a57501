"""Step 14: the next token is the one that the logits ask for, and the loop feeds it back.

Most models here are hand-made: a few lines that return chosen logits, so that the right answer
can be worked out on paper. The last checks run a small GPT-2 built from steps 01 to 13.

Sampling is judged by its distribution, so that any correct sampler passes. Each judgement
rejects a correct one with a probability of at most one in a million.
"""

from functools import cache
from itertools import islice
from math import comb

import numpy as np
import pytest
from compare import CheckFailure, assert_shape, tensor, values

GREEDY, SAMPLING = {"do_sample": False}, {"do_sample": True}


class TableModel:
    """A model in which the last token alone decides: its logits are that row of a table.

    It keeps a copy of every sequence that it was asked about.
    """

    def __init__(self, table, device):
        self.table = np.asarray(table, dtype=np.float32)  # [vocab_size, vocab_size]
        self.device = device
        self.seen = []

    def __call__(self, input_ids):
        ids = values(input_ids, self.device, "the model's input_ids")
        if ids.ndim != 2 or ids.dtype != np.int64:
            raise CheckFailure("input_ids [1, seq_length] int64 for the model", f"{list(ids.shape)} {ids.dtype}")
        self.seen.append(ids[0].tolist())
        return tensor(self.table[ids], self.device)


def constant_model(logits, device):
    """A model that says the same whatever it reads. Returns a function of input_ids."""
    logits = tensor(np.asarray(logits, dtype=np.float32)[None, None, :], device)
    return lambda input_ids: logits


def successor_model(device, vocab_size=11):
    """A model that is sure of token + 1 after each token, and knows where it wraps round."""
    return TableModel(100.0 * np.roll(np.eye(vocab_size), 1, axis=1), device)


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


def chosen(step, device, logits, **settings):
    """Ask for the token that follows, again and again: an endless iterator of ids."""
    model, ids = constant_model(logits, device), prompt(device, 0)
    while True:
        yield one_id(step.generate_next_token(model, ids, **settings), len(logits), device)


def sampled(step, device, logits, temperature):
    return chosen(step, device, logits, temperature=temperature, do_sample=True)


def binomial_tail(count, n):
    """The probability that n fair coins show heads at most ``count`` times."""
    return sum(comb(n, k) for k in range(count + 1)) / 2**n


# The next token


@pytest.mark.todo(2, 3, 4, 1)
@pytest.mark.parametrize("settings", [SAMPLING, GREEDY], ids=["sampling", "greedy"])
def test_next_token_is_one_int64_id(step, device, settings):
    """The next token is a tensor that holds one int64 id of the vocabulary"""
    model = TableModel(np.random.default_rng(1).normal(size=(7, 7)), device)
    one_id(step.generate_next_token(model, prompt(device, 3, 5, 2), **settings), 7, device)


@pytest.mark.todo(2)
@pytest.mark.parametrize("settings", [SAMPLING, GREEDY], ids=["sampling", "greedy"])
def test_only_the_last_position_counts(step, device, settings):
    """The logits at the last position decide, and no others"""
    # After token i the model is sure of i + 1; the prompt's last token is 2, so 3 must come.
    token = one_id(step.generate_next_token(successor_model(device), prompt(device, 7, 4, 9, 2), **settings), 11, device)
    if token != 3:
        positions = {8: "the first position", 10: "the last position but one", 5: "the second position"}
        raise CheckFailure("token 3, which the last position is sure of", f"token {token}", positions.get(token))


@pytest.mark.todo(4)
def test_greedy_is_the_argmax(step, device):
    """Greedy decoding picks the token with the largest logit, every time"""
    logits = [0.5, -2.0, 1.5, 3.0, 2.9, -7.0]
    largest, smallest = (chosen(step, device, sign * np.array(logits), **GREEDY) for sign in (1, -1))
    tokens = [next(largest), next(largest), next(smallest)]
    if tokens != [3, 3, 5]:
        raise CheckFailure("tokens 3, 3 (logit 3.0) and, all signs turned, 5", ", ".join(map(str, tokens)))


@pytest.mark.todo(4)
def test_greedy_knows_neither_temperature_nor_seed(step, device, request):
    """Greedy decoding depends on neither the temperature nor NumPy's seed"""
    logits = [0.0, 0.1, 0.0, -0.1]
    request.addfinalizer(np.random.seed)  # what comes after it is random again
    for seed, temperature in enumerate((0.01, 3.0, 1e6)):
        np.random.seed(seed)
        token = next(chosen(step, device, logits, temperature=temperature, **GREEDY))
        if token != 1:
            raise CheckFailure(f"token 1 at temperature {temperature:g}, seed {seed}", f"token {token}")


@pytest.mark.todo(3, 4)
def test_temperature_zero_is_greedy(step, device):
    """Sampling at temperature 0 picks the token with the largest logit"""
    # A sampler at temperature 1 picks token 1 in a quarter of its draws.
    tokens = list(islice(sampled(step, device, [0.0, 0.1, 0.05, -0.1], temperature=0.0), 3))
    if tokens != [1, 1, 1]:
        raise CheckFailure("token 1 three times", ", ".join(map(str, tokens)))


# Sampling. One token, the favourite, stands against 20,000 others of nearly equal logits. The
# favourite's logit is such that at the right temperature it comes up in half of the draws. At
# half or twice that temperature it comes up in 99.9 % or in under 2 % of them. So drawing goes
# on until both kinds have come up three times, ten draws or so, and for thirty at most.
# The others slope a little: a sampler that keeps only the most likely thousand shows too.

OTHERS = 20_000
DRAWS = 30
ENOUGH = 3  # a correct sampler brings up either kind less often with a probability of 9e-7


def balanced_logits(temperature):
    """Logits [OTHERS + 1] with softmax(logits / temperature)[0] = 1/2."""
    others = np.linspace(0.0, -0.5, OTHERS)
    favourite = np.log(np.exp(others).sum())
    return temperature * np.concatenate([[favourite], others])


@pytest.fixture(scope="module")
def draws(step, device):
    """A function from a temperature to ids drawn from its balanced logits, drawn once."""

    @cache
    def of(temperature):
        ids = sampled(step, device, balanced_logits(temperature), temperature)
        tokens = []
        while len(tokens) < DRAWS and not ENOUGH <= tokens.count(0) <= len(tokens) - ENOUGH:
            tokens.append(next(ids))
        return tokens

    return of


@pytest.mark.todo(3)
def test_sampling_follows_the_temperature(draws):
    """Sampled tokens follow softmax(logits / temperature), below, at and above temperature 1"""
    assert 2 * binomial_tail(ENOUGH - 1, DRAWS) < 1e-6
    counts = {temperature: (draws(temperature).count(0), len(draws(temperature))) for temperature in (0.5, 1.0, 2.0)}
    # -1: it hardly ever comes up, 1: hardly anything else does
    observed = [-1 if hits < ENOUGH else int(count - hits < ENOUGH) for hits, count in counts.values()]
    if any(observed):
        wrong = list(counts)[np.flatnonzero(observed)[0]]
        raise CheckFailure(
            f"at temperature {wrong:g} a token of probability 1/2 in {ENOUGH} to {DRAWS - ENOUGH} of {DRAWS} draws",
            f"it in {counts[wrong][0]}",
            "Is the temperature applied: once, by division, to the logits before the softmax?",
            observed=observed,
        )


@pytest.mark.todo(3)
def test_every_token_can_be_sampled(draws):
    """Unlikely tokens are sampled too, each with its own probability"""
    others = [token for temperature in (0.5, 1.0, 2.0) for token in draws(temperature) if token != 0]
    # The 1,000 likeliest of the others hold 6.2 % of their probability, so that nine draws all
    # fall there with a probability of 0.062**9 = 1e-11.
    if len(others) < 3 * ENOUGH or max(others) <= 1000:
        raise CheckFailure("tokens from the whole vocabulary", "only the most likely ones")
    # Of 81 draws from 20,000 tokens a tenth repeats with a probability below 1e-9.
    if len(set(others)) < 0.9 * len(others):
        raise CheckFailure(
            f"{len(others)} draws from {OTHERS} tokens that hardly ever repeat",
            f"{len(set(others))} different tokens",
            "Is the random generator seeded anew for every draw?",
        )


@pytest.mark.todo(3)
def test_low_temperature_approaches_greedy(step, device):
    """As the temperature goes to 0, sampling becomes greedy"""
    # 1.0 against 0.0 at temperature 0.02: the others hold 4 * exp(-50) of the probability.
    tokens = list(islice(sampled(step, device, [0.0, 1.0, 0.0, 0.0, 0.0], temperature=0.02), 3))
    if tokens != [1, 1, 1]:
        raise CheckFailure("token 1 three times at temperature 0.02", ", ".join(map(str, tokens)))


@pytest.mark.todo(3)
def test_high_temperature_approaches_uniform(step, device):
    """As the temperature grows, every token becomes equally likely"""
    # 5,000 tokens, two fifths with logit 10 and the rest with 0. At temperature 1 the first hold
    # all but 7e-5 of the probability, at a million two fifths of it: that sixteen draws all fall
    # there has a probability of 0.4**16 = 4e-7.
    logits = np.where(np.arange(5000) % 5 < 2, 10.0, 0.0)
    ids = sampled(step, device, logits, temperature=1e6)
    if all(next(ids) % 5 < 2 for _ in range(16)):
        raise CheckFailure("at temperature 1e6 tokens of all kinds", "only those that temperature 1 favours")


# The loop


@pytest.mark.todo(5)
@pytest.mark.parametrize("settings", [SAMPLING, GREEDY], ids=["sampling", "greedy"])
def test_output_is_the_prompt_and_the_new_tokens(step, device, settings):
    """The output is [1, seq_length + n]: the prompt, then the n new tokens"""
    ids = prompt(device, 4, 2, 9)
    output = step.generate_tokens(successor_model(device), ids, max_new_tokens=4, **settings)
    array = assert_shape(output, (1, 7), device, "the output")
    if array.dtype != np.int64:
        raise CheckFailure("the output in int64", str(array.dtype))
    if array.tolist() != [[4, 2, 9, 10, 0, 1, 2]]:
        raise CheckFailure("[4, 2, 9] continued by [10, 0, 1, 2]", str(array[0].tolist()))


@pytest.mark.todo(5)
def test_the_prompt_is_not_changed(step, device):
    """The prompt that was passed in is left as it was"""
    ids = prompt(device, 4, 2, 9)
    step.generate_tokens(successor_model(device), ids, max_new_tokens=2, **GREEDY)
    if (array := values(ids, device, "the prompt")).tolist() != [[4, 2, 9]]:
        raise CheckFailure("the prompt [4, 2, 9]", str(array.tolist()))


@pytest.mark.todo(5)
def test_each_token_is_predicted_from_all_before_it(step, device):
    """Each new token is predicted from the prompt and all tokens generated so far"""
    model = successor_model(device)
    step.generate_tokens(model, prompt(device, 4, 2), max_new_tokens=3, **GREEDY)
    wanted = [[4, 2], [4, 2, 3], [4, 2, 3, 4]]
    if model.seen != wanted:
        raise CheckFailure(f"the model to be asked about {wanted}", f"{model.seen}")


@pytest.mark.todo(5)
@pytest.mark.parametrize("count", [0, 1])
def test_max_new_tokens(step, device, count):
    """max_new_tokens is the number of new tokens, be it 0 or 1"""
    output = step.generate_tokens(successor_model(device), prompt(device, 4, 2), max_new_tokens=count, **GREEDY)
    array = assert_shape(output, (1, 2 + count), device, "the output")
    if array.tolist() != [[4, 2, 3][: 2 + count]]:
        raise CheckFailure(str([4, 2, 3][: 2 + count]), str(array[0].tolist()))


@pytest.mark.todo(5)
def test_ten_tokens_are_the_default(step, device):
    """Without max_new_tokens, ten tokens are generated"""
    assert_shape(step.generate_tokens(successor_model(device), prompt(device, 4), **GREEDY), (1, 11), device, "the output")


@pytest.mark.todo(5)
def test_temperature_reaches_every_step(step, device):
    """generate_tokens passes the temperature on to every step"""
    # One logit of 1 against 20,000 of 0. At temperature 0.01 nothing else has a chance (20,000
    # exp(-100)); at temperature 1 it comes up once in 7,000 draws.
    logits = np.zeros(20_001)
    logits[1] = 1.0
    output = step.generate_tokens(
        constant_model(logits, device), prompt(device, 0), max_new_tokens=3, temperature=0.01, do_sample=True
    )
    tokens = assert_shape(output, (1, 4), device, "the output")[0, 1:].tolist()
    if tokens != [1, 1, 1]:
        raise CheckFailure("token 1 three times at temperature 0.01", str(tokens))


@pytest.mark.todo(5)
def test_do_sample_reaches_every_step(step, device):
    """generate_tokens passes do_sample on to every step, and two samples differ"""
    # Among 20,001 tokens of nearly equal logits two draws are equal once in 20,000 times, and
    # three once in 400 million.
    logits = np.zeros(20_001)
    logits[1] = 0.01
    model, ids = constant_model(logits, device), prompt(device, 0)

    def run(do_sample):
        output = step.generate_tokens(model, ids, max_new_tokens=3, do_sample=do_sample)
        return assert_shape(output, (1, 4), device, "the output")[0, 1:].tolist()

    if (tokens := run(False)) != [1, 1, 1]:
        raise CheckFailure("token 1 three times with do_sample=False", str(tokens))
    if (tokens := run(True)) == [1, 1, 1]:
        raise CheckFailure("other tokens than 1 with do_sample=True", str(tokens))
    if tokens == run(True):
        raise CheckFailure("two samples that differ", f"{tokens} twice", "Is the random generator seeded?")


@pytest.mark.todo(5)
@pytest.mark.parametrize("settings", [SAMPLING, GREEDY], ids=["sampling", "greedy"])
def test_end_of_sequence_stops_after_it_is_appended(step, device, settings):
    """Generation stops after the end-of-sequence token, which is kept"""
    output = step.generate_tokens(
        successor_model(device), prompt(device, 4, 2), max_new_tokens=6, eos_token_id=5, **settings
    )
    array = values(output, device, "the output")
    if array.tolist() != [[4, 2, 3, 4, 5]]:
        help = {6: "Is the token appended before the loop ends?"}.get(array.size)
        raise CheckFailure("[4, 2, 3, 4, 5] with eos_token_id=5", str(array.tolist()), help)


@pytest.mark.todo(5)
def test_end_of_sequence_in_the_prompt_stops_nothing(step, device):
    """An end-of-sequence token in the prompt does not stop the generation; token 0 can be one"""
    for eos, wanted in ((2, [4, 2, 3, 4]), (0, [4, 2, 3, 4]), (None, [4, 2, 3, 4])):
        output = step.generate_tokens(
            successor_model(device), prompt(device, 4, 2), max_new_tokens=2, eos_token_id=eos, **GREEDY
        )
        if (array := values(output, device, "the output")).tolist() != [wanted]:
            raise CheckFailure(f"{wanted} with eos_token_id={eos}", str(array.tolist()))
    output = step.generate_tokens(
        successor_model(device), prompt(device, 9), max_new_tokens=4, eos_token_id=0, **GREEDY
    )
    if (array := values(output, device, "the output")).tolist() != [[9, 10, 0]]:
        raise CheckFailure("[9, 10, 0] with eos_token_id=0", str(array.tolist()))


# A small GPT-2


@pytest.fixture(scope="module")
def gpt2(device):
    """A small random GPT-2 built from steps 01 to 13."""
    from max.experimental import functional as F
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
def test_a_gpt2_continues_greedily_and_always_the_same(step, device, gpt2):
    """With a GPT-2, greedy generation takes the argmax of its logits at every step"""
    ids = prompt(device, 3, 11)
    array = assert_shape(
        step.generate_tokens(gpt2, ids, max_new_tokens=3, **GREEDY), (1, 5), device, "the output"
    )
    # One pass over the output tells what each position expects next.
    best = values(gpt2(tensor(array, device)), device)[0].argmax(axis=-1)
    if array[0, :2].tolist() != [3, 11] or array[0, 2:].tolist() != best[1:4].tolist():
        raise CheckFailure(f"[3, 11] continued by {best[1:4].tolist()}", str(array[0].tolist()))


@pytest.mark.todo(5)
def test_a_gpt2_writes_samples_of_its_vocabulary(step, device, gpt2):
    """With a GPT-2, sampling gives [1, seq_length + n] ids of its vocabulary"""
    output = step.generate_tokens(gpt2, prompt(device, 3, 11, 7), max_new_tokens=2, temperature=1.5)
    array = assert_shape(output, (1, 5), device, "the output")
    if array[0, :3].tolist() != [3, 11, 7] or array.min() < 0 or array.max() >= 13:
        raise CheckFailure("[3, 11, 7] and two ids from 0 to 12", str(array[0].tolist()))
