"""`generate` prints the text and nothing else, as it grows, and refuses what it cannot generate.

Most models here are hand-made: they go through a script, one token a call, so that the text is
known beforehand. Both ways of generating are tried: the engine, and step 14's loop.
"""

from dataclasses import replace

import numpy as np
import pytest
from max.driver import CPU
from max.experimental.tensor import Tensor

from course.refusal import Refusal
from course.writing.generate import generate
from gpt2.checkpoint import CheckpointError
from gpt2.generator import Generator
from gpt2.sampling import Sampling
from gpt2.tokenizer import load_tokenizer

END = 256
GREEDY = Sampling(temperature=0)


def generate_text(prompt="Once upon a time", sampling=Sampling(temperature=0.8), **options):
    generate(prompt, sampling, **options)


def wild(seed):
    return Sampling(temperature=3.0, seed=seed)


class Recorder:
    """Stands in for stdout: the texts that were written and flushed, in order."""

    def __init__(self):
        self.texts = []
        self.pending = ""

    def write(self, text):
        self.pending += text

    def isatty(self):
        return False

    def flush(self):
        self.texts.append(self.pending)
        self.pending = ""


@pytest.fixture(params=[False, True], ids=["engine", "naive"])
def naive(request):
    """Whether step 14's loop tells the story."""
    return request.param


@pytest.fixture
def tell(monkeypatch, folder, naive):
    """Runs generate with a model and returns what it printed, piece by piece."""

    def tell(model, prompt, sampling=Sampling(temperature=0.8), **options):
        recorder = Recorder()
        load = "gpt2.loading.load_model" if naive else "gpt2.generator.load_cached_model"
        monkeypatch.setattr(load, lambda *_: model)
        monkeypatch.setattr("sys.stdout", recorder)
        generate(prompt, sampling, checkpoint=str(folder), naive=naive, **options)
        assert not recorder.pending
        return recorder.texts

    return tell


@pytest.fixture
def script(folder, device, naive, scripted):
    """Makes a model that writes a text after a prompt, and then `<|endoftext|>` for ever."""
    tokenizer = load_tokenizer(folder, vocab_size=1024)

    def script(prompt, text):
        start, ids = len(tokenizer.encode(prompt).ids), tokenizer.encode(text).ids

        def model(input_ids):
            logits = np.zeros((*map(int, input_ids.shape), 1024), np.float32)
            place = int(input_ids.shape[1]) - start
            logits[0, -1, ids[place] if place < len(ids) else END] = 1e4
            return Tensor(logits, device=device)

        return model if naive else scripted(text)

    return script


@pytest.fixture
def random_model(request, naive):
    """A model of random weights."""
    return request.getfixturevalue("model" if naive else "cached_model")


@pytest.mark.parametrize("sampling", [GREEDY, Sampling()])
def test_the_text_is_written_as_it_grows_and_ends_with_the_story(tell, script, sampling):
    texts = tell(script("One", " day"), "One", sampling)
    assert texts == ["One", " ", "d", "a", "y", "\n"]


def test_a_character_of_several_tokens_is_written_when_it_is_whole(tell, script):
    assert tell(script("Zoë", "é😀!"), "Zoë", GREEDY) == ["Zoë", "é", "😀", "!", "\n"]


def test_a_character_that_is_never_finished_is_written_at_the_end(tell, script):
    assert tell(script("a", "😀"), "a", GREEDY, max_new_tokens=3) == ["a", "\ufffd", "\n"]


def test_no_new_tokens_leave_the_prompt(tell, script):
    assert "".join(tell(script("One", " day"), "One", max_new_tokens=0)) == "One\n"


@pytest.mark.parametrize(
    "filters",
    [
        {},
        {"top_k": 9, "top_p": 0.9},
        {"min_p": 0.2, "repetition_penalty": 1.5},
        {"temperature": 0, "repetition_penalty": 1.5},
    ],
)
def test_a_seed_tells_the_same_story_either_way(folder, model, cached_model, monkeypatch, capsys, filters):
    monkeypatch.setattr("gpt2.loading.load_model", lambda checkpoint, device: model)
    monkeypatch.setattr("gpt2.generator.load_cached_model", lambda checkpoint, device, weights: cached_model)
    stories = []
    for naive in (True, False):
        generate("One", replace(wild(4), **filters), checkpoint=str(folder), naive=naive, max_new_tokens=40)
        stories.append(capsys.readouterr().out)
    assert stories[0] == stories[1]


def test_probabilities_are_the_same_either_way(folder, model, cached_model, monkeypatch, capsys):
    monkeypatch.setattr("gpt2.loading.load_model", lambda checkpoint, device: model)
    monkeypatch.setattr("gpt2.generator.load_cached_model", lambda checkpoint, device, weights: cached_model)
    tables = []
    for naive in (True, False):
        generate(
            "One", wild(4), checkpoint=str(folder), naive=naive, max_new_tokens=5, show_probabilities=True, stats=True
        )
        told = capsys.readouterr()
        assert "3 tokens read, 5 written" in told.err
        tables.append([row.split("\t") for row in told.out.splitlines()])
    for one, other in zip(*tables, strict=True):
        assert one[::2] == other[::2]
    for one, other in zip(tables[0][1:], tables[1][1:], strict=True):
        assert [float(cell) for cell in one[1::2]] == pytest.approx([float(cell) for cell in other[1::2]], rel=1e-3)


@pytest.fixture
def calls(monkeypatch):
    """The calls of generate_tokens: the keyword arguments, and what was returned."""
    from solutions import solution_14

    calls = []
    generate_tokens = solution_14.generate_tokens

    def recorded(model, input_ids, **options):
        tokens = generate_tokens(model, input_ids, **options)
        calls.append((options, np.from_dlpack(tokens.to(CPU()))[0].tolist()))
        return tokens

    monkeypatch.setattr(solution_14, "generate_tokens", recorded)
    return calls


LENGTHS = pytest.mark.parametrize(("length", "count"), [(3, 200), (56, 200), (57, 199), (256, 0)])


@LENGTHS
@pytest.mark.parametrize("naive", [False], indirect=True)
def test_without_a_number_there_are_as_many_tokens_as_fit_up_to_200(tell, script, length, count):
    assert "".join(tell(script("", "y" * 300), "x" * length)).count("y") == count


@LENGTHS
@pytest.mark.parametrize("naive", [True], indirect=True)
def test_step_14_is_asked_for_as_many_tokens_as_fit_up_to_200(tell, script, calls, length, count):
    tell(script("x" * length, ""), "x" * length)
    ((options, _),) = calls
    assert options["max_new_tokens"] == count


@pytest.mark.parametrize("naive", [True], indirect=True)
def test_what_is_printed_is_the_text_of_the_tokens(tell, random_model, folder, calls):
    """With random weights and a high temperature: bytes that make no characters, ids without text."""
    texts = tell(random_model, "Zoë 😀", wild(5), max_new_tokens=40)
    ((_, ids),) = calls
    assert len(texts) > 5
    assert "".join(texts) == load_tokenizer(folder, 1024).decode(ids) + "\n"


def test_greedy_tells_one_story_whatever_the_seed(tell, random_model):
    first = tell(random_model, "One", Sampling(temperature=0, seed=1), max_new_tokens=12)
    assert tell(random_model, "One", Sampling(temperature=0, seed=2), max_new_tokens=12) == first


def test_a_seed_tells_its_story_again_and_another_one_another(tell, random_model):
    first = tell(random_model, "One", wild(0), max_new_tokens=12)
    assert tell(random_model, "One", wild(0), max_new_tokens=12) == first
    assert tell(random_model, "One", wild(2**32 - 1), max_new_tokens=12) != first


@pytest.mark.parametrize("naive", [False], indirect=True)
def test_a_story_may_be_longer_than_the_context(tell, random_model, folder):
    sampling = Sampling(temperature=3.0, seed=1, banned_ids=[END])
    tokens = load_tokenizer(folder, 1024)
    for prompt, options in (("x" * 250, {"max_new_tokens": 300}), ("x" * 300, {})):
        told = "".join(tell(random_model, prompt, sampling, slide=True, **options))
        (completion,) = Generator(random_model, tokens, (END,)).generate(
            [prompt], sampling, slide=True, **{"max_new_tokens": 200, **options}
        )
        assert told == prompt + completion.text + "\n"
        assert len(completion.tokens) == options.get("max_new_tokens", 200)


def test_a_stop_string_ends_the_story_and_is_not_printed(monkeypatch, scripted, folder, capsys):
    monkeypatch.setattr("gpt2.generator.load_cached_model", lambda checkpoint, device, weights: scripted(" day. Two"))
    generate("One", GREEDY, checkpoint=str(folder), stop=["!", ". "])
    assert capsys.readouterr().out == "One day\n"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"prompt": ""}, "the prompt is empty"),
        ({"prompt": "x" * 257}, "prompt has 257 tokens; .* window holds 256; with --slide it reads"),
        ({"prompt": "a\udcff"}, "not UTF-8"),
        ({"max_new_tokens": -1}, "max_new_tokens -1"),
        (
            {"prompt": "xyz", "max_new_tokens": 254},
            "max_new_tokens 254: .* room for 253 of the 256 .* with --slide it goes",
        ),
        (
            {"naive": True, "sampling": Sampling(presence_penalty=1)},
            "step 14's loop .* takes only .* step 17's filters",
        ),
        ({"naive": True, "stop": ["."]}, "step 14's loop .* takes only .* step 17's filters"),
        ({"naive": True, "slide": True}, "step 14's loop .* takes only .* step 17's filters"),
    ],
)
def test_what_cannot_be_told_is_refused_with_the_value(folder, capsys, options, message):
    with pytest.raises(Refusal, match=message):
        generate_text(**{"checkpoint": str(folder), **options})
    assert capsys.readouterr().out == ""


def test_a_checkpoint_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(CheckpointError, match="there is no folder"):
        generate_text(checkpoint=str(tmp_path / "nowhere"))


def test_that_max_cannot_compile_is_told_with_the_room_on_its_disk(monkeypatch, folder):
    """MAX 26.7 fails so on a full disk, and where a file of its cache is cut short."""

    def fail(*_):
        raise RuntimeError("Failed to compile the model. Please file an issue, all models should be correct")

    monkeypatch.setattr("gpt2.generator.load_cached_model", fail)
    with pytest.raises(Refusal, match=r"MAX cannot compile the model\. .* in /.*, where [\d,]+ MB are free"):
        generate_text(checkpoint=str(folder))


def test_another_error_of_max_is_not_taken_for_that(monkeypatch, folder):
    def fail(*_):
        raise RuntimeError("something else")

    monkeypatch.setattr("gpt2.generator.load_cached_model", fail)
    with pytest.raises(RuntimeError, match="something else"):
        generate_text(checkpoint=str(folder))


@pytest.mark.parametrize("name", ["gpu:99", "tpu"])
def test_a_device_that_is_not_there_is_refused(folder, name):
    with pytest.raises(Refusal, match=name):
        generate_text(checkpoint=str(folder), device=name)
