"""`generate` prints the story and nothing else, as it grows, and refuses what cannot be told.

Most models here are hand-made: they go through a script, one token a call, so that the story is
known beforehand. Both ways of telling are tried: the engine, and step 14's loop.
"""

import os
import shutil
import subprocess
import sys

import numpy as np
import pytest
from max.driver import CPU
from max.experimental.tensor import Tensor
from typer.testing import CliRunner

from course.commands import app
from course.curriculum.steps import ROOT, STEPS, solution_path, step_path
from course.refusal import Refusal
from course.writing.generate import CHECKPOINT, generate
from gpt2.checkpoint import CheckpointError
from gpt2.cpu.panels import FORMATS
from gpt2.generator import Generator
from gpt2.sampling import Sampling
from gpt2.tokenizer import load_tokenizer

END = 256
GREEDY = Sampling(temperature=0)


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
        load = "gpt2.loading.load_model" if naive else "gpt2.loading.load_cached_model"
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


def test_a_seed_tells_the_same_story_either_way(folder, model, cached_model, monkeypatch, capsys):
    monkeypatch.setattr("gpt2.loading.load_model", lambda checkpoint, device: model)
    monkeypatch.setattr("gpt2.loading.load_cached_model", lambda checkpoint, device, weights: cached_model)
    stories = []
    for naive in (True, False):
        generate("One", wild(4), checkpoint=str(folder), naive=naive, max_new_tokens=40)
        stories.append(capsys.readouterr().out)
    assert stories[0] == stories[1]


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
        (completion,) = Generator(random_model, tokens, END).generate(
            [prompt], sampling, slide=True, **{"max_new_tokens": 200, **options}
        )
        assert told == prompt + completion.text + "\n"
        assert len(completion.tokens) == options.get("max_new_tokens", 200)


def test_a_stop_string_ends_the_story_and_is_not_printed(monkeypatch, scripted, folder, capsys):
    monkeypatch.setattr("gpt2.loading.load_cached_model", lambda checkpoint, device, weights: scripted(" day. Two"))
    generate("One", GREEDY, checkpoint=str(folder), stop=["!", ". "])
    assert capsys.readouterr().out == "One day\n"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"prompt": ""}, "the prompt is empty"),
        ({"prompt": "x" * 257}, "prompt has 257 tokens, .* window 256"),
        ({"prompt": "a\udcff"}, "not UTF-8"),
        ({"max_new_tokens": -1}, "max-new-tokens -1"),
        ({"prompt": "xyz", "max_new_tokens": 254}, "max-new-tokens 254: .* room for 253 of the 256"),
        ({"naive": True, "sampling": Sampling(top_k=5)}, "step 14's loop .* greedy and seed alone"),
        ({"naive": True, "stop": ["."]}, "step 14's loop .* greedy and seed alone"),
        ({"naive": True, "slide": True}, "step 14's loop .* greedy and seed alone"),
    ],
)
def test_what_cannot_be_told_is_refused_with_the_value(folder, capsys, options, message):
    with pytest.raises(Refusal, match=message):
        generate(**{"checkpoint": str(folder), **options})
    assert capsys.readouterr().out == ""


def test_a_checkpoint_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(CheckpointError, match="there is no folder"):
        generate(checkpoint=str(tmp_path / "nowhere"))


def test_that_max_cannot_compile_is_told_with_the_room_on_its_disk(monkeypatch, folder):
    """MAX 26.7 fails so on a full disk, and where a file of its cache is cut short."""

    def fail(*_):
        raise RuntimeError("Failed to compile the model. Please file an issue, all models should be correct")

    monkeypatch.setattr("gpt2.loading.load_cached_model", fail)
    with pytest.raises(Refusal, match=r"MAX cannot compile the model\. .* in /.*, where [\d,]+ MB are free"):
        generate(checkpoint=str(folder))


def test_another_error_of_max_is_not_taken_for_that(monkeypatch, folder):
    def fail(*_):
        raise RuntimeError("something else")

    monkeypatch.setattr("gpt2.loading.load_cached_model", fail)
    with pytest.raises(RuntimeError, match="something else"):
        generate(checkpoint=str(folder))


@pytest.mark.parametrize("name", ["gpu:99", "tpu"])
def test_a_device_that_is_not_there_is_refused(folder, name):
    with pytest.raises(Refusal, match=name):
        generate(checkpoint=str(folder), device=name)


SAMPLING = (
    "--temperature 0.5 --top-k 3 --top-p 0.4 --min-p 0.2 --repetition-penalty 1.5 --presence-penalty 0.6 "
    "--frequency-penalty 0.7 --seed 9"
)
SAMPLED = dict(
    temperature=0.5,
    top_k=3,
    top_p=0.4,
    min_p=0.2,
    repetition_penalty=1.5,
    presence_penalty=0.6,
    frequency_penalty=0.7,
    seed=9,
)


def command_line(monkeypatch, function, line):
    """What a command is called with."""
    called = []
    monkeypatch.setattr(function, lambda *arguments, **options: called.append((arguments, options)))
    ran = CliRunner().invoke(app, line.split(), catch_exceptions=False)
    assert ran.exit_code == 0, ran.stderr
    return called[0]


def test_the_command_line_passes_every_option_on(monkeypatch):
    line = (
        f"generate Hello {SAMPLING} --max-new-tokens 8 --slide --stop . --stop ! --naive --mine --weights int8 "
        "--device cpu --checkpoint there"
    )
    assert command_line(monkeypatch, "course.writing.generate.generate", line) == (
        ("Hello", Sampling(**SAMPLED)),
        dict(
            max_new_tokens=8,
            slide=True,
            stop=[".", "!"],
            naive=True,
            steps=ROOT / "steps",
            weights="int8",
            device="cpu",
            checkpoint="there",
        ),
    )


def test_chat_has_the_same_options(monkeypatch):
    line = f"chat {SAMPLING} --max-new-tokens 8 --stop . --weights int8 --device cpu --checkpoint there"
    assert command_line(monkeypatch, "course.writing.chat.chat", line) == (
        (Sampling(**SAMPLED),),
        dict(max_new_tokens=8, stop=["."], weights="int8", device="cpu", checkpoint="there"),
    )


@pytest.mark.parametrize("command", ["generate", "chat"])
def test_the_weights_of_the_command_line_are_those_of_the_engine(command):
    result = CliRunner().invoke(app, [command, "--weights", "float8"])
    assert result.exit_code == 2
    assert "'float8'" in result.stderr and ", ".join(map(repr, FORMATS)) in result.stderr


def test_greedy_is_temperature_zero_whatever_the_temperature(monkeypatch):
    (_, sampling), _ = command_line(
        monkeypatch, "course.writing.generate.generate", "generate --greedy --temperature 9"
    )
    assert sampling == GREEDY
    (_, sampling), options = command_line(monkeypatch, "course.writing.generate.generate", "generate")
    assert sampling == Sampling(temperature=0.8)
    assert options["steps"] is None and options["checkpoint"] == CHECKPOINT


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("generate --top-p 0", "top_p 0.0: expected a number above 0, up to 1"),
        ("chat --top-p 0", "top_p 0.0: expected a number above 0, up to 1"),
        ("generate --top-k -1", "top_k -1: expected 1 or more"),
        ("generate --greedy --temperature -1", "temperature -1.0: expected a finite number, 0 or more"),
        ("generate --seed 4294967296", "seed 4294967296: expected a whole number from 0 to 4294967295"),
        ("generate --max-new-tokens -1", "max-new-tokens -1: expected 0 or more"),
        ("generate --naive --weights int8", "weights 'int8': step 14's loop (--naive, --mine) keeps them as float32"),
        ("chat --checkpoint ./nowhere", "there is no folder ./nowhere"),
    ],
)
def test_the_command_line_says_what_is_wrong_in_one_line(line, message):
    ran = CliRunner().invoke(app, line.split())
    assert ran.exit_code == 2
    assert ran.stdout == ""
    assert ran.stderr == f"error: {message}\n"


@pytest.fixture
def own_steps(tmp_path):
    """A learner's folder, in which all fourteen steps are done."""
    for step in STEPS:
        shutil.copy(solution_path(step), step_path(step, tmp_path))
    return tmp_path


def run(folder, steps, **options):
    """generate, in a process of its own."""
    program = (
        "from pathlib import Path; from course import runtime; runtime.prepare()\n"
        "from course.writing.generate import generate; from gpt2.sampling import Sampling\n"
        f"generate('One', Sampling(temperature=0), checkpoint={str(folder)!r}, steps=Path({str(steps)!r}), **{options!r})"
    )
    command = [sys.executable, "-c", program]
    # As Python knows the environment: MAX adds PYTHONEXECUTABLE to C's, which leads to another Python.
    return subprocess.run(
        command, cwd=ROOT, env=dict(os.environ), capture_output=True, check=False, text=True, encoding="utf-8"
    )


@pytest.mark.parametrize("naive", [False], indirect=True)
def test_the_learners_steps_tell_the_same_story_and_a_pipe_gets_it_alone(tell, random_model, folder, own_steps):
    story = "".join(tell(random_model, "One", GREEDY, max_new_tokens=12))
    told = run(folder, own_steps, max_new_tokens=12)
    assert told.returncode == 0, told.stderr
    assert told.stdout == story


def test_a_todo_that_is_open_is_named_before_anything_is_loaded(folder, own_steps):
    shutil.copy(ROOT / "steps" / "step_09.py", own_steps)
    with pytest.raises(Refusal, match="step 09, TODO 1 is not done yet"):
        generate(checkpoint=str(folder), steps=own_steps)


@pytest.mark.parametrize(("text", "why"), [("def", "invalid syntax"), ("\0", "null bytes"), (None, "No such file")])
def test_a_step_that_cannot_be_read_is_named(folder, own_steps, text, why):
    path = step_path(5, own_steps)
    path.unlink() if text is None else path.write_text(text)
    with pytest.raises(Refusal, match=rf"step_05\.py cannot be read: .*{why}"):
        generate(checkpoint=str(folder), steps=own_steps)


def test_a_learners_exception_is_told_in_the_lines_of_their_file(folder, own_steps):
    path = step_path(1, own_steps)
    lines = len(path.read_text().splitlines())
    path.write_text(path.read_text() + "\n    def __post_init__(self):\n        self.nothing.at.all\n")
    told = run(folder, own_steps)
    assert told.returncode != 0
    assert told.stdout == ""
    *_, summary, place = told.stderr.strip().splitlines()
    assert summary.endswith("AttributeError: 'GPT2Config' object has no attribute 'nothing'")
    assert place == f"  step_01.py, line {lines + 3}:  self.nothing.at.all"


def test_a_learners_loop_that_returns_nothing_is_told_without_a_traceback(folder, own_steps):
    path = step_path(14, own_steps)
    path.write_text(path.read_text() + "\n\ndef generate_tokens(*arguments, **options):\n    pass\n")
    told = run(folder, own_steps)
    assert told.returncode != 0
    assert told.stdout == ""
    assert "Refusal: AttributeError: 'NoneType'" in told.stderr
    assert told.stderr.endswith("in no line of yours: do all of your steps pass their checks?\n")
