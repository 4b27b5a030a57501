"""progress shows where a learner stands, from what the last checks found in which files."""

import re
from pathlib import Path

import pytest
from rich.console import Console

from course.commands import learn
from course.curriculum.steps import COURSE, FURTHER, STEPS, solution_path
from course.judging.verdicts import StepResult, Verdict
from course.learner import progress
from course.terminal import console


def write(learner: Path, step: int, text: str) -> None:
    (learner / "steps" / f"step_{step:02}.py").write_text(text)


def check(step: int, *statuses: str) -> None:
    """Record a check that found this."""
    checks = [Verdict(str(n), "", [n], n, status) for n, status in enumerate(statuses, start=1)]
    progress.record([StepResult(step, "", checks, 0.1)], progress.fingerprints([step]))


def rows(capsys) -> dict[int, str]:
    """What is printed about each step, by its number."""
    progress.show()
    lines = re.findall(r"^[✓✗○] \d\d .*", capsys.readouterr().out, flags=re.MULTILINE)
    return {int(line[2:4]): " ".join(line.split()) for line in lines}


def next_advice(capsys) -> str:
    progress.show()
    return capsys.readouterr().out.split("Next: ")[1].strip()


def test_at_first_nothing_is_begun(learner, capsys):
    shown = rows(capsys)
    assert list(shown) == list(STEPS)
    assert all("○" in row and "not begun" in row for row in shown.values())


def test_a_file_that_was_never_checked_is_begun(learner, capsys):
    write(learner, 3, "mine = 1\n")
    assert rows(capsys)[3].endswith("layer normalization begun")


def test_a_failing_check_counts_what_passes(learner, capsys):
    write(learner, 3, "mine = 1\n")
    check(3, "passed", "failed", "passed", "skipped", "error")
    assert "○ 03" in rows(capsys)[3] and "2 of 5 checks" in rows(capsys)[3]


def test_a_passing_check_is_done(learner, capsys):
    write(learner, 3, "mine = 1\n")
    check(3, "passed", "passed")
    progress.show()
    printed = capsys.readouterr().out
    assert "1 of 14 steps" in printed
    assert "✓ 03" in printed and "done" in printed


def test_further_steps_are_counted_by_themselves(learner, capsys):
    write(learner, 15, "mine = 1\n")
    check(15, "passed")
    progress.show()
    printed = capsys.readouterr().out
    assert "0 of 14 steps" in printed and f"and more: 1 of {len(FURTHER)}" in printed and "✓ 15" in printed


def test_a_verdict_on_another_content_is_marked(learner, capsys):
    write(learner, 3, "mine = 1\n")
    check(3, "passed", "passed")
    assert "changed since" not in rows(capsys)[3] and progress.passes_now(3)
    write(learner, 3, "mine = 2\n")
    assert "changed since" in rows(capsys)[3] and not progress.passes_now(3)


def test_a_file_saved_while_it_is_checked_has_changed_since(learner, capsys):
    write(learner, 3, "mine = 1\n")
    before = progress.fingerprints([3])
    write(learner, 3, "mine = 2\n")
    progress.record([StepResult(3, "", [Verdict("1", "", [1], 1, "passed")], 0.1)], before)
    assert "changed since" in rows(capsys)[3]


def test_a_step_that_is_the_skeleton_again_is_not_begun(learner, capsys):
    skeleton = (learner / "steps" / "step_03.py").read_text()
    write(learner, 3, "mine = 1\n")
    check(3, "passed")
    write(learner, 3, skeleton)
    assert "not begun" in rows(capsys)[3]


def test_a_missing_step_is_named_and_so_is_the_way_back(learner, capsys):
    (learner / "steps" / "step_01.py").unlink()
    check(1, "error")
    assert "✗ 01" in rows(capsys)[1]
    assert next_advice(capsys) == "./run reset 1 brings steps/step_01.py back"


def test_what_comes_next(learner, capsys):
    assert next_advice(capsys) == "open steps/step_01.py; then ./run s01"
    for step in COURSE:
        write(learner, step, f"mine = {step}\n")
        check(step, "passed")
    assert next_advice(capsys) == "./run generate --mine; and to go on, open steps/step_15.py; then ./run s15"
    assert progress.first_unfinished() == 15
    for step in FURTHER:
        write(learner, step, f"mine = {step}\n")
        check(step, "passed")
    assert next_advice(capsys) == "./run generate --mine"
    assert progress.first_unfinished() is None
    write(learner, 2, "mine = 0\n")
    assert next_advice(capsys) == "./run s02, whose file has changed since it passed"
    check(2, "failed")
    assert next_advice(capsys) == "./run s02; for a hint, ./run hint 2"
    assert progress.first_unfinished() == 2


def test_a_memory_that_cannot_be_written_stops_no_check(learner, capsys):
    (learner / ".course").write_bytes(b"in the way")
    check(3, "passed")
    assert "could not be recorded" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments, passes, is_recorded",
    [
        ([], True, True),
        ([], False, True),
        (["--from", "."], True, False),
        (["--mine"], True, True),
        (["--mine"], False, False),  # it may be the fault of an earlier step
    ],
)
def test_checks_of_the_learners_own_steps_are_recorded(learner, monkeypatch, capsys, arguments, passes, is_recorded):
    write(learner, 3, "mine = 1\n")
    found = StepResult(3, "", [Verdict("1", "", [1], 1, "passed" if passes else "failed")], 0.1)
    monkeypatch.setattr(learn, "judge_in_parallel", lambda *_, **__: [found])
    with pytest.raises(SystemExit):
        learn.app(["check", "3", "--json", *arguments])
    capsys.readouterr()
    assert ("begun" not in rows(capsys)[3]) == is_recorded


@pytest.mark.parametrize("width", [40, 60, 80, 200])
def test_no_line_is_wider_than_the_terminal(learner, capsys, monkeypatch, width):
    monkeypatch.setattr(console, "out", Console(width=width, soft_wrap=True, highlight=False))
    write(learner, 7, solution_path(7).read_text())
    check(7, "passed", "failed")
    progress.show()
    table, _ = capsys.readouterr().out.split("\nNext:")
    assert max(len(line) for line in table.splitlines()) <= width
    assert "…" not in table


# The commands


def test_from_anywhere_and_without_colours_into_a_pipe(run):
    done = run("progress", INIT_CWD="/")
    assert done.returncode == 0
    assert "0 of 14 steps" in done.stdout and "\x1b" not in done.stdout


def test_max_is_not_loaded(run, copy):
    (copy / "max").mkdir()
    (copy / "max" / "__init__.py").write_text("raise SystemExit('MAX was imported')")
    for command in ("progress", "hint"):
        assert run(command).returncode == 0
