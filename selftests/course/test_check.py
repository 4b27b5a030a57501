"""Whatever a learner's file does, it gets a verdict that says so, and nothing else suffers.

One run checks fourteen files, most of them bad in a way of their own.
"""

import json
import os
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

from course.curriculum.steps import ROOT, STEPS, solution_path, step_path
from course.curriculum.todos import skeleton
from course.judging.description import CODE_LIMIT, describe
from course.judging.process import ON_OWN_STEPS, OUTPUT_LIMIT
from course.judging.run import judge
from course.judging.verdicts import StepResult
from course.refusal import Refusal

TIMEOUT = 6.0  # well above what any check takes, since two of these files never end


def solved(step: int, old: str = "", new: str = "") -> str:
    """A solution, in which one piece of text may be replaced."""
    text = solution_path(step).read_text(encoding="utf-8")
    assert old in text
    return text.replace(old, new, 1)


def write_files(folder: Path) -> None:
    """All the steps but number 13, which is missing."""
    one_token = "    if seq_length == 1:\n        "
    first_line = "    # TODO 1: close everything.\n"
    files = {
        1: solved(1) + "def broken(:\n",
        2: solved(2, first_line, one_token + "while True:\n            print('flood ' * 100)\n"),
        3: solved(3) + "import sys\nsys.stdout.close()\nwhile True:\n    pass\n",
        4: solved(4).encode() + b"name = 'caf\xe9'\n",
        5: solved(5, "return F.gather", "print('fifth')\n        import os\n        os._exit(7)\n        F.gather"),
        6: solved(6, "return F.gather(", "return float('nan') * F.gather("),
        7: solved(7, "return query, key, value", "print('seventh')"),
        8: "print('before the end')\nimport sys\nsys.exit(0)\n",
        9: solved(9).encode() + b"\0",
        10: solved(10, "return x + ", "if self.norm.eps == 9: raise KeyboardInterrupt\n        return x + "),
        # The thread would keep the process alive after its last check.
        11: "import threading\n"
        + solved(
            11,
            "return x + ",
            "threading.Thread(target=threading.Event().wait).start()\n"
            "        import sys\n        sys.exit('I quit')\n        return x + ",
        ),
        12: solved(12, "return self.ln_f(", "return str("),
        14: solved(14).replace("\n", "\r\n"),
    }
    for step, source in files.items():
        step_path(step, folder).write_bytes(source if isinstance(source, bytes) else source.encode())


@pytest.fixture(scope="module")
def results(tmp_path_factory) -> dict[int, StepResult]:
    folder = tmp_path_factory.mktemp("steps")
    write_files(folder)
    return {result.step: result for result in judge(STEPS, folder, timeout=TIMEOUT)}


def the_import(result: StepResult):
    """The one check that a file fails which cannot be imported."""
    (only,) = result.checks
    assert only.title == "The file can be imported" and only.status == "error" and not result.passed
    return only


def only_failure(result: StepResult, name: str):
    """The one check that is not passed, of several."""
    (failure,) = [each for each in result.checks if each.status != "passed"]
    assert failure.id.endswith(f"::{name}") and len(result.checks) > 1
    return failure


def test_every_step_gets_a_verdict(results):
    assert list(results) == list(STEPS)
    assert [step for step in STEPS if results[step].passed] == [14]
    assert all(each.status == "passed" or each.actual for result in results.values() for each in result.checks)


def test_syntax_error(results):
    verdict = the_import(results[1])
    assert "SyntaxError" in verdict.actual
    assert verdict.line == len(solved(1).splitlines()) + 1
    assert verdict.trace[-1]["code"] == "def broken(:"
    assert verdict.todo is None  # it stands below all of them


def test_endless_loop_that_floods(results):
    # Nobody waits for a second one: what comes after it is not run.
    verdict, *rest = [each for each in results[2].checks if each.status != "passed"]
    assert verdict.id.endswith("::test_one_token_sees_itself") and rest
    assert {each.actual for each in rest} == {"not run: an earlier check gave no answer within 6 s"} and all(
        each.lost for each in rest
    )
    assert verdict.status == "error" and verdict.actual == "no answer within 6 s" and "loop" in verdict.help
    assert OUTPUT_LIMIT - 1000 < len(verdict.output) < OUTPUT_LIMIT + 100 and verdict.output.startswith("flood flood")
    assert verdict.output.endswith(f"(and more: no more than {OUTPUT_LIMIT:,} characters are kept)")


def test_endless_loop_at_import(results):
    verdict = the_import(results[3])
    assert verdict.actual == "no answer within 6 s"


def test_bytes_that_are_not_utf8(results):
    verdict = the_import(results[4])
    assert "SyntaxError" in verdict.actual and "utf-8" in verdict.actual


def test_exit_without_goodbye(results):
    verdict = only_failure(results[5], "test_ids_pick_rows")
    assert verdict.status == "error" and verdict.actual == "ended with exit code 7"


def test_not_a_number(results):
    verdict = next(each for each in results[6].checks if each.id.endswith("::test_positions_pick_rows"))
    assert verdict.status == "failed" and verdict.actual.startswith("nan;")


def test_none(results):
    verdict = only_failure(results[7], "test_query_key_and_value_come_in_this_order")
    assert verdict.status == "failed" and "None" in verdict.actual


def test_sys_exit_at_import(results):
    verdict = the_import(results[8])
    assert verdict.actual == "SystemExit: 0"
    assert verdict.line == 3


def test_null_byte(results):
    assert "null byte" in the_import(results[9]).actual


def test_what_ended_or_did_not_answer_is_no_verdict(results):
    """The grader tries these again, and keeps none of them: the machine may be to blame."""
    assert {step for step, result in results.items() if result.lost} & {*range(1, 10), 12, 14} == {2, 3, 5}
    assert "no answer" in results[2].lost and "exit code 7" in results[5].lost


def test_keyboard_interrupt(results):
    verdict = only_failure(results[10], "test_sublayer_sees_the_normalized_x")
    assert verdict.status == "error" and "KeyboardInterrupt" in verdict.help


def test_sys_exit_in_a_function(results):
    verdicts = [each for each in results[11].checks if each.status != "passed"]
    assert verdicts and {each.actual for each in verdicts} == {"SystemExit: I quit"}
    assert {each.trace[-1]["code"] for each in verdicts} == {"sys.exit('I quit')"}


def test_wrong_type(results):
    verdict = next(each for each in results[12].checks if each.id.endswith("::test_full_context_is_read"))
    assert verdict.status == "failed"
    assert verdict.expected == "the result as a Tensor" and verdict.actual.startswith("str ")


def test_missing_file(results):
    assert "FileNotFoundError" in the_import(results[13]).actual


def test_windows_line_ends_are_fine(results):
    assert results[14].passed


def test_what_a_step_prints_is_its_own(results):
    assert "".join(each.output for each in results[5].checks).count("fifth") == 1
    assert {each.output.replace("seventh\n", "") for each in results[7].checks} == {""}
    assert results[7].output == "" and "seventh\n" in {each.output for each in results[7].checks}
    assert results[8].output.count("before the end") == results[8].output.count("\n")
    assert results[14].output == "" and not any(each.output for each in results[14].checks)


# The command


def run(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "course", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env={**os.environ, **environment})


def write_step(folder: Path, step: int, source: str) -> Path:
    step_path(step, folder).write_text(source, encoding="utf-8")
    return folder


def test_json_is_one_object_of_this_shape(tmp_path):
    text, todos = skeleton(solved(2), 2)
    ran = run("s02", "--from", write_step(tmp_path, 2, text), "--json")
    result = json.loads(ran.stdout)
    assert ran.returncode == 1
    assert list(result) == ["step", "file", "passed", "checks", "seconds"]
    assert result["step"] == 2 and result["file"] == str(step_path(2, tmp_path)) and result["passed"] is False
    for each in result["checks"]:
        assert set(each) == {
            "id", "title", "todo", "status", "expected", "actual", "mistake", "help", "line", "trace",
            "comparison", "shares", "output",
        }  # fmt: skip
        assert each["id"].startswith("tests/test_step_02.py::test_")
        assert each["status"] == "skipped" and "TODO 1" in each["actual"]
        assert each["line"] == todos[0].last_line
    assert {each["todo"] for each in result["checks"]} == {1, 2}


def test_a_solved_step_is_a_yes(tmp_path):
    ran = run("check", 2, "--from", write_step(tmp_path, 2, solved(2)))
    assert ran.returncode == 0
    assert "Step 02 is done: 7 of 7 checks pass" in ran.stdout and "./run s03" in ran.stdout
    assert "\x1b" not in ran.stdout + ran.stderr


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["check", 99], "99"),
        (["check", "two"], "two"),
        (["check", 2, "--from", "/nowhere/[/]"], "--from /nowhere/[/]: there is no such folder"),
        (["check", 2, "--timeout", "0"], "timeout"),
        (["check", 2, "--device", "gpu:99"], "gpu:99"),
        (["chekc", 2], "chekc"),
    ],
    ids=["no such step", "no number", "no such folder", "no time", "no such device", "no such command"],
)
def test_what_cannot_be_run_says_why(arguments, message):
    ran = run(*arguments)
    assert ran.returncode == 2
    assert message in ran.stderr and "Traceback" not in ran.stderr and ran.stdout == ""


def test_mine_stands_on_the_learners_own_steps(tmp_path):
    write_step(tmp_path, 1, solved(1) + "raise RuntimeError('my own step 01')\n")
    write_step(tmp_path, 6, solved(6))
    (result,) = judge([6], tmp_path, program=ON_OWN_STEPS)
    (verdict,) = result.checks
    assert verdict.actual == "RuntimeError: my own step 01"
    assert [frame["file"] for frame in verdict.trace] == ["step_06.py", "step_01.py"]


def test_a_step_without_checks_is_an_error(copy):
    (copy / "tests" / "test_step_02.py").write_text("")
    command = [sys.executable, "-m", "course", "check", "2"]
    ran = subprocess.run(command, cwd=copy, capture_output=True, text=True)
    assert ran.returncode == 2 and "there are no checks for step 02" in ran.stderr


def test_checks_that_cannot_be_imported_say_why(copy):
    (copy / "tests" / "test_step_02.py").write_text("import nothing_of_this_name\n")
    command = [sys.executable, "-m", "course", "check", "2"]
    ran = subprocess.run(command, cwd=copy, capture_output=True, text=True)
    assert ran.returncode == 2, ran.stdout
    assert "tests/test_step_02.py cannot be imported" in ran.stderr and "nothing_of_this_name" in ran.stderr


def test_a_folder_in_the_place_of_a_file_is_an_error(tmp_path):
    (tmp_path / "step_02.py").mkdir()
    with pytest.raises(Refusal, match="step_02.py is not a file"):
        judge([2], tmp_path)


def test_a_name_that_is_gone_is_said_to_be_gone(tmp_path):
    write_step(tmp_path, 2, "")
    (result,) = judge([2], tmp_path)
    assert {verdict.status for verdict in result.checks} == {"failed"}
    assert {verdict.expected for verdict in result.checks} == {"causal_mask in step_02.py"}
    assert "./run reset" in result.checks[0].help


def test_a_line_of_thousands_of_characters_is_cut(tmp_path):
    write_step(tmp_path, 2, f"table = missing + [{'0, ' * 1000}]")
    with pytest.raises(NameError) as caught:
        runpy.run_path(str(step_path(2, tmp_path)))
    (frame,) = describe(caught.value, tmp_path)["trace"]
    assert frame["code"].startswith("table = missing + [0, ") and frame["code"].endswith(" ...")
    assert len(frame["code"]) == CODE_LIMIT + len(" ...")


def test_nothing_there_is_an_error(tmp_path):
    with pytest.raises(Refusal, match="step_02.py is not there"):
        judge([2, 3], tmp_path)


def test_what_all_checks_may_take_together_ends_them(tmp_path):
    for step, source in {1: solved(1), 2: "while True: pass", 3: solved(3)}.items():
        step_path(step, tmp_path).write_text(source)
    _, second, third = judge([1, 2, 3], tmp_path, total_timeout=12)  # in the midst of step 2, or before it
    assert [(the_import(each).status, the_import(each).actual) for each in (second, third)] == [
        ("error", "not run: all checks together have taken 12 s")
    ] * 2


@pytest.mark.parametrize(
    "variables",
    [
        {"PYTEST_ADDOPTS": "-x", "PYTHONOPTIMIZE": "1", "PYTHONSAFEPATH": "1"},
        {"PYTEST_ADDOPTS": "--cov=src", "PYTEST_PLUGINS": "mine", "PYTHONPATH": "{folder}"},
    ],
)
def test_no_verdict_depends_on_the_environment(tmp_path, monkeypatch, variables):
    (tmp_path / "conftest.py").write_text("raise SystemExit")
    (tmp_path / "numpy.py").write_text("raise SystemExit")
    step_path(2, tmp_path).write_text(solved(2).replace("exclude=True", "exclude=False"))
    expected = judge([2], tmp_path)
    for name, value in variables.items():
        monkeypatch.setenv(name, value.format(folder=tmp_path))
    (found,), (wanted,) = judge([2], tmp_path), expected
    assert [each.status for each in found.checks] == [each.status for each in wanted.checks]
    assert wanted.right and not wanted.passed
