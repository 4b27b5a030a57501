"""`generate --mine` runs the learner's own steps, and says which of them is open, cannot be read or fails."""

import os
import re
import shutil
import subprocess
import sys

import numpy as np
import pytest
from max.driver import CPU
from max.experimental.tensor import Tensor

from course.curriculum.steps import ROOT, STEPS, solution_path, step_path
from course.refusal import Refusal
from course.writing.generate import generate
from course.writing.naive import filtered
from gpt2.generator import Generator
from gpt2.sampling import Sampling, log_softmax, narrow, reweigh
from gpt2.tokenizer import load_tokenizer

END = 256
GREEDY = Sampling(temperature=0)


@pytest.fixture
def own_steps(tmp_path):
    """A learner's folder, in which all steps are done."""
    for step in STEPS:
        shutil.copy(solution_path(step), step_path(step, tmp_path))
    return tmp_path


def run(folder, steps, filters=None, **options):
    """generate, in a process of its own."""
    program = (
        "from pathlib import Path\n"
        "from course.writing.generate import generate; from gpt2.sampling import Sampling\n"
        f"generate('One', Sampling(temperature=0, **{filters or {}!r}), "
        f"checkpoint={str(folder)!r}, steps=Path({str(steps)!r}), **{options!r})"
    )
    command = [sys.executable, "-c", program]
    # As Python knows the environment: MAX adds PYTHONEXECUTABLE to C's, which leads to another Python.
    return subprocess.run(
        command, cwd=ROOT, env=dict(os.environ), capture_output=True, check=False, text=True, encoding="utf-8"
    )


def test_the_learners_steps_tell_the_same_story_and_a_pipe_gets_it_alone(cached_model, folder, own_steps):
    generator = Generator(cached_model, load_tokenizer(folder, 1024), (END,))
    (completion,) = generator.generate(["One"], GREEDY, max_new_tokens=12)
    story = f"One{completion.text}\n"
    told = run(folder, own_steps, max_new_tokens=12)
    assert told.returncode == 0, told.stderr
    assert told.stdout == story


COUNTED = {
    "a slice": (6, "return F.gather(self.weight, positions, axis=0)", "return self.weight[: int(seq_length)]"),
    "NumPy's arange": (
        6,
        "return F.gather(self.weight, positions, axis=0)",
        "from max.experimental.tensor import Tensor\n"
        "        import numpy as np\n"
        "        rows = Tensor(np.arange(int(seq_length)), device=input_ids.device)\n"
        "        return F.gather(self.weight, rows, axis=0)",
    ),
    "NumPy's mask": (
        2,
        "return F.band_part(closed, num_lower=None, num_upper=0, exclude=True)",
        "import numpy as np\n"
        "    length = int(seq_length)\n"
        "    mask = np.triu(np.full((length, length), -np.inf, np.float32), k=1)\n"
        "    return Tensor(mask, device=device)",
    ),
    "a product in NumPy": (
        13,
        "return hidden @ self.transformer.wte.weight.T",
        "import numpy as np\n"
        "        from max.driver import CPU\n"
        "        table = np.from_dlpack(self.transformer.wte.weight.to(CPU()))\n"
        "        return Tensor(np.from_dlpack(hidden.to(CPU())) @ table.T, device=hidden.device)",
    ),
    "a length that is always known": (12, "isinstance(seq_length, StaticDim) and ", ""),
}


@pytest.mark.parametrize("kind", COUNTED)
def test_a_model_that_asks_for_numbers_runs_uncompiled_and_says_so(cached_model, folder, own_steps, kind):
    step, old, new = COUNTED[kind]
    path = step_path(step, own_steps)
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))
    generator = Generator(cached_model, load_tokenizer(folder, 1024), (END,))
    (completion,) = generator.generate(["One"], GREEDY, max_new_tokens=3)
    told = run(folder, own_steps, max_new_tokens=3)
    assert told.returncode == 0, told.stderr
    assert told.stdout == f"One{completion.text}\n"
    notice, place = told.stderr.strip().splitlines()[-2:]
    assert notice.startswith("Your model runs without being compiled, which is slower")
    assert place.startswith(f"  step_{step:02}.py, line ")
    assert "int(seq_length)" in place or "np.from_dlpack" in place


def test_the_learners_cache_is_used_and_says_what_it_saves(cached_model, folder, own_steps):
    path = step_path(16, own_steps)
    path.write_text(
        path.read_text() + "\n\nof_step_16 = generate_with_cache\n\n\n"
        "def generate_with_cache(*arguments, **options):\n"
        "    print('their loop', file=__import__('sys').stderr)\n"
        "    return of_step_16(*arguments, **options)\n"
    )
    penalty = {"repetition_penalty": 1.2}  # which must know all of the text
    generator = Generator(cached_model, load_tokenizer(folder, 1024), (END,))
    (completion,) = generator.generate(["One"], Sampling(temperature=0, **penalty), max_new_tokens=12)
    told = run(folder, own_steps, filters=penalty, max_new_tokens=12, own_cache=True)
    assert told.returncode == 0, told.stderr
    assert told.stdout == f"One{completion.text}\n"
    assert "Your own KV cache" in told.stderr and "their loop" in told.stderr
    assert re.search(r"took \d+\.\d\d s for 12 tokens\. .* takes it \d+\.\d\d s: \d+\.\d times as long", told.stderr)


def test_a_cache_that_asks_for_numbers_is_left_out_and_says_so(folder, own_steps):
    path = step_path(16, own_steps)
    old = "cache[0].keys.shape[2] if cache"
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, f"int({old.removesuffix(' if cache')}) if cache"))
    told, by_step_14 = (run(folder, own_steps, max_new_tokens=3, own_cache=own_cache) for own_cache in (True, False))
    assert told.returncode == 0, told.stderr
    assert told.stdout == by_step_14.stdout
    notice, place = told.stderr.strip().splitlines()[-2:]
    assert notice.startswith("Your KV cache is not used")
    assert place.startswith("  step_16.py, line ") and "int(cache[0]" in place
    assert "KV cache" not in by_step_14.stderr


def test_a_todo_that_is_open_is_named_before_anything_is_loaded(folder, own_steps):
    shutil.copy(ROOT / "steps" / "step_09.py", own_steps)
    with pytest.raises(Refusal, match="step 09, TODO 1 is not done yet"):
        generate("One", GREEDY, checkpoint=str(folder), steps=own_steps)


FILTERS = {"top_k": 9, "top_p": 0.9, "min_p": 0.02, "repetition_penalty": 1.5}


def test_filters_are_the_learners_own(cached_model, folder, own_steps):
    generator = Generator(cached_model, load_tokenizer(folder, 1024), (END,))
    (plain,), (narrowed,) = (
        generator.generate(["One"], Sampling(temperature=0, **filters), max_new_tokens=12) for filters in ({}, FILTERS)
    )
    assert plain.text != narrowed.text
    told = run(folder, own_steps, max_new_tokens=12, filters=FILTERS)
    assert told.returncode == 0, told.stderr
    assert told.stdout == f"One{narrowed.text}\n"
    assert "Your own filters, of step 17, choose what may be drawn." in told.stderr
    changed = "\n\n\ndef penalize_repetition(logits, input_ids, penalty):\n    return logits\n"
    step_path(17, own_steps).write_text(step_path(17, own_steps).read_text() + changed)
    assert run(folder, own_steps, max_new_tokens=12, filters=FILTERS).stdout == f"One{plain.text}\n"


@pytest.mark.parametrize("asked", FILTERS)
def test_a_filter_that_is_not_written_is_named(folder, own_steps, asked):
    shutil.copy(ROOT / "steps" / "step_17.py", own_steps)
    with pytest.raises(Refusal, match="with --mine, step 17 filters .*: step 17, TODO 1 is not done yet"):
        generate("One", Sampling(**{asked: FILTERS[asked]}), checkpoint=str(folder), steps=own_steps)


@pytest.mark.parametrize(
    "settings",
    [
        *({"temperature": 0.7, name: value} for name, value in FILTERS.items()),
        FILTERS,
        {"temperature": 1.7, "top_p": 0.5, "min_p": 0.3, "repetition_penalty": 0.8},
    ],
)
def test_filters_give_the_probabilities_of_the_engine(device, settings):
    sampling = Sampling(**settings)
    rng = np.random.default_rng(17)
    logits, ids = np.float32(2 * rng.standard_normal((1, 5, 300))), rng.integers(300, size=40)
    made = np.from_dlpack(filtered(Tensor(logits, device=device), Tensor(ids[None], device=device), sampling).to(CPU()))
    assert made.shape == (1, 1, 300)
    wanted = narrow(reweigh(logits[0, -1], sampling, ids.tolist(), []), sampling)
    assert not np.allclose(np.exp(log_softmax(logits[0, -1])), np.exp(log_softmax(wanted)), atol=1e-3)
    assert np.exp(log_softmax(made[0, 0])) == pytest.approx(np.exp(log_softmax(wanted)), abs=1e-6)


@pytest.mark.parametrize(("text", "why"), [("def", "invalid syntax"), ("\0", "null bytes"), (None, "No such file")])
def test_a_step_that_cannot_be_read_is_named(folder, own_steps, text, why):
    path = step_path(5, own_steps)
    path.unlink() if text is None else path.write_text(text)
    with pytest.raises(Refusal, match=rf"step_05\.py cannot be read: .*{why}"):
        generate("One", GREEDY, checkpoint=str(folder), steps=own_steps)


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
