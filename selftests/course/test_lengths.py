"""What the checks accept, MAX compiles for texts of any length, or the line is told that reads a length as a number."""

import shutil
import sys

import pytest
from max.driver import CPU
from max.dtype import DType
from max.experimental import functional as F
from max.experimental.tensor import TensorType

from course.curriculum.catalogue import Answer, read_right
from course.curriculum.steps import STEPS, solution_path, step_path
from course.judging.subject import use_own_steps
from course.writing.own_steps import own_trace
from solutions.solution_01 import GPT2Config
from solutions.solution_16 import CachedGPT2, KVCache

MODEL = (1, 2, 3, 4, 5, 6, 8, 9, 11, 12, 13)  # the steps that step 13's model is made of
READ = {(2, "numpy"), (6, "slice"), (6, "numpy"), (8, "numpy-mask")}  # right answers that read a length as a number


@pytest.fixture
def own(tmp_path, monkeypatch):
    """Puts an answer into a folder of solved steps, and lets this process import all of them from there."""
    monkeypatch.setattr(sys, "meta_path", sys.meta_path[:])
    for step in STEPS:  # another test finds the modules that it has known
        monkeypatch.setitem(sys.modules, f"solutions.solution_{step:02}", None)
        shutil.copy(solution_path(step), step_path(step, tmp_path))

    def stand_on(answer: Answer) -> None:
        step_path(answer.step, tmp_path).write_text(answer.source(), encoding="utf-8")
        use_own_steps(tmp_path)

    return stand_on


@pytest.mark.parametrize("answer", [each for step in MODEL for each in read_right(step)], ids=lambda each: each.place)
def test_a_right_answer_is_traced_with_named_axes_or_the_line_that_reads_a_length_is_told(answer, own, tmp_path):
    own(answer)
    from solutions.solution_01 import GPT2Config
    from solutions.solution_13 import GPT2LMHeadModel

    with F.lazy():
        model = GPT2LMHeadModel(GPT2Config(vocab_size=11, n_positions=9, n_embd=4, n_layer=2, n_head=2, n_inner=6))
    ids = TensorType(DType.int64, ["batch", "seq_length"], CPU())
    if (answer.step, answer.id) not in READ:
        model.trace(ids)
        return
    with pytest.raises(TypeError) as raised:
        model.trace(ids)
    assert f"step_{answer.step:02}.py, line " in own_trace(raised.value, tmp_path)[1][-1]


def test_a_length_that_an_earlier_step_reads_is_no_fault_of_step_12(tmp_path, run):
    for step in STEPS:
        shutil.copy(solution_path(step), step_path(step, tmp_path))
    (slice,) = (each for each in read_right(6) if each.id == "slice")
    step_path(6, tmp_path).write_text(slice.source(), encoding="utf-8")
    assert run("s12", "--mine", "--from", str(tmp_path)).returncode == 0


def test_the_model_with_a_cache_is_traced_with_named_axes():
    with F.lazy():
        model = CachedGPT2(GPT2Config(vocab_size=11, n_positions=9, n_embd=4, n_layer=2, n_head=2, n_inner=6))
    ids = TensorType(DType.int64, ["batch", "seq_length"], CPU())
    past = TensorType(DType.float32, ["batch", 2, "past_length", 2], CPU())
    model.trace(ids)
    model.trace(ids, [KVCache(past, past)] * 2)
