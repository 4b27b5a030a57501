"""The generator yields tokens as they are chosen, ends texts when it must, and treats each text of a batch as alone."""

import resource
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from max.driver import CPU
from max.experimental.tensor import Tensor

from course.curriculum.steps import ROOT, STORYTELLER
from gpt2.checkpoint import open_checkpoint
from gpt2.generator import Generator, load_generator
from gpt2.loading import load_cached_model, load_model
from gpt2.sampling import Sampling
from gpt2.tokenizer import load_tokenizer

END = 256
GREEDY = Sampling(temperature=0)


@pytest.fixture
def tokenizer(folder):
    return load_tokenizer(folder, vocab_size=1024)


@pytest.fixture
def write(scripted, tokenizer):
    """A generator that writes these texts."""
    return lambda *texts: Generator(scripted(*texts), tokenizer, (END,))


@pytest.fixture(scope="module")
def generator(cached_model, folder):
    """A generator of random weights."""
    return Generator(cached_model, load_tokenizer(folder, vocab_size=1024), (END,))


# One text


def test_tokens_come_with_their_texts_and_the_last_one_with_the_reason(write, tokenizer):
    tokens = list(write(" day").stream("One", GREEDY))
    assert [token.text for token in tokens] == [" ", "d", "a", "y", ""]
    assert [token.finish_reason for token in tokens] == [None, None, None, None, "eos"]
    assert [token.id for token in tokens] == [*tokenizer.encode(" day").ids, END]


def test_characters_come_whole(write):
    assert [token.text for token in write("é😀!").stream("Zoë", GREEDY)] == ["", "é", "", "", "", "😀", "!", ""]


def test_the_last_token_brings_what_was_held_back(write):
    (*_, last) = write("a😀").stream("One", GREEDY, max_new_tokens=3)
    assert (last.text, last.finish_reason) == ("\ufffd", "length")
    (*_, last) = write("The en").stream("One", GREEDY, stop=["end"])
    assert (last.text, last.finish_reason) == ("en", "eos")


def test_a_stop_string_ends_the_text(write):
    tokens = list(write("one. Two").stream("One", GREEDY, stop=["!", ". T"]))
    assert [token.text for token in tokens] == ["o", "n", "e", "", "", ""]
    assert tokens[-1].finish_reason == "stop"


def test_max_new_tokens_ends_the_text(write):
    tokens = list(write("x" * 30).stream("One", GREEDY, max_new_tokens=7))
    assert len(tokens) == 7
    assert tokens[-1].finish_reason == "length"
    (*_, last) = write("x" * 30).stream("y" * 251, GREEDY, max_new_tokens=5)  # all that have room
    assert last.finish_reason == "length"


@pytest.mark.parametrize("max_new_tokens", [None, 6, 2**40])
def test_a_full_context_ends_the_text(write, max_new_tokens):
    tokens = list(write("x" * 30).stream("y" * 251, GREEDY, max_new_tokens=max_new_tokens))
    assert len(tokens) == 5
    assert tokens[-1].finish_reason == "context"


def test_a_prompt_may_be_ids(write, tokenizer):
    texts = [token.text for token in write("ab").stream(tokenizer.encode("One").ids, GREEDY)]
    assert texts == ["a", "b", ""]


def test_nothing_is_computed_before_it_is_asked_for_nor_after_the_end(write):
    model = write("x" * 30)
    tokens = model.stream("One", GREEDY)
    assert len(list(islice(tokens, 3))) == 3
    assert model._model.extended == 2
    tokens.close()
    assert list(tokens) == []
    list(model.stream("One", GREEDY, max_new_tokens=4))
    assert model._model.extended == 3


def test_log_probabilities_are_the_models_own(write):
    logits = np.full((1, 1024), -50.0, np.float32)
    logits[0, [7, 9, 11]] = np.log([0.2, 0.5, 0.3])
    model = write("x")
    model._model._logits = lambda: logits
    sampling = Sampling(temperature=0, banned_ids=[9], logit_bias={7: 5.0})
    (token,) = model.stream("One", sampling, max_new_tokens=1, logprobs=2)
    assert token.id == 7
    assert token.logprob == pytest.approx(np.log(0.2))
    assert [id for id, _ in token.top_logprobs] == [9, 11]
    assert [logprob for _, logprob in token.top_logprobs] == pytest.approx(np.log([0.5, 0.3]))


# Several texts


def test_each_text_of_a_batch_ends_by_itself(write):
    model = write("a" * 30, "bcd", "e. f", "g")
    completions = model.generate(["One", "Two", "Three", "x" * 250], GREEDY, max_new_tokens=5, stop=[". "])
    assert [completion.text for completion in completions] == ["aaaaa", "bcd", "e", "g"]
    assert [completion.finish_reason for completion in completions] == ["length", "eos", "stop", "eos"]
    assert [len(completion.tokens) for completion in completions] == [5, 4, 3, 2]


def test_texts_that_have_ended_leave_the_batch_and_cost_nothing_more(scripted, tokenizer):
    model = scripted("aaaaaaaa", "b", "cc", "dd", "eeeee")
    completions = Generator(model, tokenizer, (END,)).generate([*"vwxyz"], GREEDY)
    assert [completion.text for completion in completions] == ["aaaaaaaa", "b", "cc", "dd", "eeeee"]
    assert model.batches == [5, 5, 5, 2, 2, 2, 1, 1, 1]  # one of five stays until others have ended, too


def test_a_full_context_ends_one_text_and_not_the_others(write):
    model = write("a" * 30, "b" * 30)  # the third is full from the beginning, and not read at all
    completions = model.generate(["One", "x" * 254, "x" * 256], GREEDY, max_new_tokens=9)
    assert [completion.text for completion in completions] == ["a" * 9, "bb", ""]
    assert [completion.finish_reason for completion in completions] == ["length", "context", "context"]


def test_no_tokens_and_no_prompts(write):
    (completion,) = write("a").generate(["One"], max_new_tokens=0)
    assert (completion.text, completion.tokens, completion.finish_reason) == ("", [], "length")
    assert write().generate([]) == []


def test_each_prompt_may_have_its_own_sampling(write):
    samplings = [GREEDY, Sampling(temperature=0, banned_ids=[END])]
    texts = write("a", "a").generate(["One", "Two"], samplings, max_new_tokens=3)
    assert [text.finish_reason for text in texts] == ["eos", "length"]


# Of random weights


PROMPTS = ["One", "A much longer beginning", "x", "Two and"]


def test_a_seed_gives_the_same_text_alone_and_among_others(generator):
    samplings = [Sampling(temperature=2.0, top_p=0.95, repetition_penalty=1.2, seed=seed) for seed in range(4)]
    together = generator.generate(PROMPTS, samplings, max_new_tokens=25)
    for prompt, sampling, completion in zip(PROMPTS, samplings, together, strict=True):
        (alone,) = generator.generate([prompt], sampling, max_new_tokens=25)
        assert [token.id for token in alone.tokens] == [token.id for token in completion.tokens]
        assert alone.text == completion.text


def test_another_seed_gives_another_text_and_so_does_none(generator):
    def ids(seed):
        return [token.id for token in generator.stream("One", Sampling(temperature=3.0, seed=seed), max_new_tokens=15)]

    assert ids(1) == ids(1)
    assert len({tuple(ids(seed)) for seed in (1, 2, None, None)}) == 4


def test_one_sampling_for_all_gives_equal_prompts_equal_texts(generator):
    first, second = generator.generate(["One", "One"], Sampling(temperature=3.0, seed=1), max_new_tokens=15)
    assert first.text == second.text


def test_texts_are_the_texts_of_the_ids(generator, tokenizer):
    """With a high temperature: bytes that make no characters, ids without text."""
    for completion in generator.generate(PROMPTS, Sampling(temperature=3.0, seed=5), max_new_tokens=40):
        assert completion.text == tokenizer.decode([token.id for token in completion.tokens])


def test_a_text_fills_the_context(generator):
    (completion,) = generator.generate(["x" * 200], Sampling(temperature=2.0, seed=1, banned_ids=[END]))
    assert (len(completion.tokens), completion.finish_reason) == (56, "context")


def test_a_text_goes_on_beside_one_whose_context_is_full(generator):
    sampling = Sampling(temperature=2.0, seed=3, banned_ids=[END])
    full, short = generator.generate(["x" * 255, "One"], sampling, max_new_tokens=8)
    assert (len(full.tokens), full.finish_reason) == (1, "context")
    (alone,) = generator.generate(["One"], sampling, max_new_tokens=8)
    assert [token.id for token in short.tokens] == [token.id for token in alone.tokens]


STATM = Path("/proc/self/statm")


@pytest.mark.skipif(not STATM.exists(), reason="how much memory this process has is read where Linux tells it")
def test_a_thousand_generations_leave_nothing_behind(generator):
    """A cache that stayed would leave 150 kB each time, the logits of one 28."""

    def megabytes():
        return int(STATM.read_text().split()[1]) * resource.getpagesize() / 1e6

    def generate(times):
        for seed in range(times):
            sampling = Sampling(temperature=2.0, seed=seed, banned_ids=[END])
            if seed % 10:
                list(islice(generator.stream("One", sampling, stop=["."]), 4))  # and stop asking
            else:
                generator.generate(["One", "Two and"], sampling, max_new_tokens=4)

    generate(100)
    before = megabytes()
    generate(1000)
    assert megabytes() - before < 10


# Past the context


def test_a_text_that_slides_goes_on_with_the_last_half_of_its_context(generator, model, tokenizer, device):
    """Each token is the likeliest after just the window, by the model without a cache."""
    prompt = tokenizer.encode("x" * 250).ids
    sampling = Sampling(temperature=0, banned_ids=[END])
    tokens = list(generator.stream(prompt, sampling, max_new_tokens=140, slide=True))
    assert len(tokens) == 140 and tokens[-1].finish_reason == "length"
    ids = prompt + [token.id for token in tokens]
    # 256 tokens are read; the 257th has no place, so it is read as the last of 128, which may be 256 again.
    for start, first, end in [(0, 250, 257), (129, 257, 386), (258, 386, 390)]:
        window = Tensor(np.array([ids[start : end - 1]]), device=device)
        logits = np.array(np.from_dlpack(model(window).to(CPU())))[0, first - start - 1 :]
        logprobs = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
        ours = tokens[first - 250 : end - 250]
        chosen = [row[token.id] for row, token in zip(logprobs, ours, strict=True)]
        np.testing.assert_allclose([token.logprob for token in ours], chosen, atol=1e-4)
        logits[:, END] = -np.inf
        assert [token.id for token in ours] == logits.argmax(-1).tolist()


def test_of_a_prompt_that_is_too_long_a_text_that_slides_reads_the_last_half(generator):
    sampling = Sampling(temperature=0, banned_ids=[END])
    rng = np.random.default_rng(0)
    long = rng.integers(256, size=300).tolist()
    (slid,) = generator.generate([long], sampling, max_new_tokens=5, slide=True)
    (short,) = generator.generate([long[-128:]], sampling, max_new_tokens=5)
    assert [token.id for token in slid.tokens] == [token.id for token in short.tokens]
    (whole,) = generator.generate([long[-256:]], sampling, max_new_tokens=5, slide=True)  # fits as it is
    (first, *_) = whole.tokens
    assert first.logprob != pytest.approx(short.tokens[0].logprob, abs=1e-3)


def test_texts_slide_in_a_batch_as_they_do_alone(generator):
    prompts = ["x" * 250, "One", "y" * 300, "Two"]
    samplings = [Sampling(temperature=2.0, seed=seed, banned_ids=[END]) for seed in range(4)]
    together = generator.generate(prompts, samplings, max_new_tokens=150, slide=True)
    for prompt, sampling, completion in zip(prompts, samplings, together, strict=True):
        (alone,) = generator.generate([prompt], sampling, max_new_tokens=150, slide=True)
        assert [token.id for token in alone.tokens] == [token.id for token in completion.tokens]
        assert (len(alone.tokens), alone.finish_reason) == (150, "length")


def test_a_text_that_slides_ends_only_when_it_is_told_to(generator):
    sampling = Sampling(temperature=2.0, seed=0, banned_ids=[END])
    assert len(list(islice(generator.stream("One", sampling, slide=True), 600))) == 600


# Of the storyteller


def test_greedy_text_is_that_of_step_14(device):
    from solutions.solution_14 import generate_tokens

    checkpoint = open_checkpoint(STORYTELLER)
    (completion,) = load_generator(checkpoint, device).generate(["Once upon a time"], GREEDY, max_new_tokens=40)
    assert completion.text.startswith(", there was a")
    prompt = load_tokenizer(checkpoint.folder, vocab_size=1024).encode("Once upon a time").ids
    naive = load_model(checkpoint, device)
    ids = generate_tokens(naive, Tensor(np.array([prompt]), device=device), max_new_tokens=40, do_sample=False)
    assert [token.id for token in completion.tokens] == np.from_dlpack(ids.to(CPU()))[0, len(prompt) :].tolist()


def test_greedy_text_and_logits_are_those_of_transformers(device):
    """tools/text_fixtures.py wrote down 200 tokens, and the logits of every twentieth."""
    with np.load(ROOT / "tests" / "fixtures" / "greedy.npz") as arrays:
        ids, logits = arrays["ids"].tolist(), arrays["logits"]
    model = load_cached_model(open_checkpoint(STORYTELLER), device)
    endless = Generator(model, load_tokenizer(STORYTELLER, 1024), ())
    assert [token.id for token in endless.stream(ids[:-200], GREEDY, max_new_tokens=200)] == ids[-200:]
    given, cache = model.start([ids[:-200]], capacity=len(ids))
    ours = [given[0]] + [model.extend(np.array([[id]]), cache)[0] for id in ids[-200:-1]]
    np.testing.assert_allclose(ours[19::20], logits, atol=1e-3)


# Bad input


@pytest.mark.parametrize(
    ("prompt", "options", "message"),
    [
        ("", {}, "the prompt is empty"),
        ([], {}, "the prompt is empty"),
        ("a\udcff", {}, "not UTF-8"),
        ([5, 1024], {}, "id 1024 in the prompt: expected a whole number from 0 to 1023"),
        ([-1], {}, "id -1 in the prompt: expected a whole number from 0 to 1023"),
        ([[5, 6]], {}, r"id \[5, 6\] in the prompt: expected a whole number"),
        ([5.0], {}, r"id 5\.0 in the prompt: expected a whole number"),
        ([True], {}, "id True in the prompt: expected a whole number"),
        (["x"], {}, "id 'x' in the prompt: expected a whole number"),
        (b"x", {}, "the prompt b'x': expected a text or a list of ids"),
        (7, {}, "the prompt 7: expected a text or a list of ids"),
        (None, {}, "the prompt None: expected a text or a list of ids"),
        ("x" * 257, {}, "the prompt has 257 tokens; the model's context window holds 256"),
        ("x", {"max_new_tokens": -1}, "max_new_tokens -1: expected a whole number, 0 or more"),
        ("x", {"max_new_tokens": 2.5}, "max_new_tokens 2.5: expected a whole number, 0 or more"),
        ("x", {"max_new_tokens": "3"}, "max_new_tokens '3': expected a whole number, 0 or more"),
        ("x", {"logprobs": True}, "logprobs True: expected a whole number"),
        ("x", {"stop": [b"x"]}, r"stop \[b'x'\]: expected a list"),
        ("x", {"stop": None}, "stop None: expected a list"),
        ("x", {"stop": [""]}, r"stop \[''\]: expected"),
        ("x", {"stop": "."}, r"stop '\.': expected a list"),
        ("x", {"logprobs": -1}, "logprobs -1: expected a whole number from 0 to 1024"),
        ("x", {"logprobs": 1025}, "logprobs 1025: expected a whole number from 0 to 1024"),
    ],
)
def test_what_cannot_be_is_refused_at_once(write, prompt, options, message):
    with pytest.raises(ValueError, match=message):
        write("a").stream(prompt, **options)
    with pytest.raises(ValueError, match=message):
        write("a").generate([prompt], **options)


def test_one_text_is_one_prompt(generator):
    (alone,), (listed,) = (generator.generate(prompts, GREEDY, max_new_tokens=5) for prompts in ("One", ["One"]))
    assert alone == listed


@pytest.mark.parametrize(
    ("prompts", "sampling", "message"),
    [
        (b"One", GREEDY, "prompts b'One': expected a text, or a list of prompts"),
        (None, GREEDY, "prompts None: expected a text, or a list of prompts"),
        ([1, 2], GREEDY, "the prompt 1: expected a text or a list of ids"),
        (["One"], [GREEDY, GREEDY], "2 samplings for 1 prompts: expected one, or one for each"),
    ],
)
def test_what_are_no_prompts_is_refused(generator, prompts, sampling, message):
    with pytest.raises(ValueError, match=message):
        generator.generate(prompts, sampling)


@pytest.mark.parametrize(
    ("sampling", "message"),
    [
        (Sampling(logit_bias={1024: 1.0}), "id 1024: expected 0 to 1023"),
        (Sampling(banned_ids=[-1]), "id -1: expected 0 to 1023"),
        (Sampling(banned_ids=range(1024)), "no token is left: all 1024 are banned"),
    ],
)
def test_sampling_that_the_vocabulary_does_not_allow_is_refused_at_once(write, sampling, message):
    with pytest.raises(ValueError, match=message):
        write("a").stream("One", sampling)


def test_logits_that_are_no_numbers_are_refused(write):
    model = write("a")
    model._model._logits = lambda: np.full((1, 1024), np.nan, np.float32)
    with pytest.raises(ValueError, match="the logit of token 0 is nan"):
        list(model.stream("One"))
