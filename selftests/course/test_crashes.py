"""Crashes are told in the learner's terms."""

import pytest

from course.curriculum.steps import ROOT, checks_path, read_source, solution_path, step_path
from course.judging.crashes import Crash, read_crashes, summary
from course.judging.description import describe
from tools.mistakes import Verdicts


def first_crash(folder, crash: Crash) -> dict:
    """What a learner reads of the first crash of a solution with an example of it, or else of the first failure."""
    step, replaced, by = crash.example
    source = read_source(solution_path(step))
    assert replaced in source, f"step {step:02} has no {replaced!r}"
    step_path(step, folder).write_text(source.replace(replaced, by))
    seen = Verdicts(folder)
    quiet = ["-p", "no:terminal", "-p", "no:cacheprovider", "--capture=no", f"--rootdir={ROOT}", "--maxfail=3"]
    pytest.main([*quiet, str(checks_path(step))], plugins=[seen])
    told = [describe(error, folder) for error in seen.failed.values()]
    return next((verdict for verdict in told if verdict["status"] == "error" or verdict["trace"]), told[0])


@pytest.mark.parametrize("crash", read_crashes(), ids=lambda crash: f"{crash.example[0]:02} {crash.example[2][:40]}")
def test_who_writes_this_is_told_what_helps(tmp_path, crash):
    verdict = first_crash(tmp_path, crash)
    beginning, _, _ = crash.advice.partition("{")
    assert verdict["help"].startswith(beginning), verdict
    assert "{" not in verdict["help"]


def test_what_max_says_is_one_line_with_the_shapes_and_the_reason():
    error = ValueError(
        "Failed to create op 'MatmulOp':\nInputs:\n"
        "    input_x = TensorValue(dtype=float32, shape=[Dim(1), Dim('seq_length')], device=cpu:0)\n"
        "    input_y = TensorValue(dtype=int64, shape=[Dim(3), Dim(3)], device=cpu:0)\n\n"
        "Diagnostics:\n    the reason. Insert an explicit rebind if these dims will be equivalent at runtime.\n"
        "Failed to infer result type(s) for 'rmo.matmul'"
    )
    assert summary(error) == "ValueError: Matmul of float32 [1, seq_length] and int64 [3, 3]: the reason."
