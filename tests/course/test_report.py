"""What a person reads: the open TODOs or the verdicts, what to do next, and no raw escapes."""

import os
import pty
import subprocess
import sys

import pytest
from course import report
from course.check import Check, StepResult
from course.todos import ROOT, open_todos, skeleton, solution_path, step_path

ESCAPES = "\x1b[31mred\x1b]0;title\x07 [/] [bold] :smile: \udc80"
HARMLESS = "·[31mred·]0;title· [/] [bold] :smile: ·"


@pytest.fixture
def shown(tmp_path, capsys):
    """A function from a step's source and verdicts to what report.show prints."""

    def show(step: int, source: str, *checks: Check, output: str = "") -> str:
        path = step_path(step, tmp_path)
        path.write_text(source, encoding="utf-8")
        report.show(StepResult(step, str(path), list(checks), 0.0, open_todos(source, step), output))
        return capsys.readouterr().out

    return show


def solution(step: int) -> str:
    return solution_path(step).read_text(encoding="utf-8")


def verdict(*todos: int, status: str, **facts) -> Check:
    return Check("tests/test_step.py::test_it", "It works", list(todos), todos[0] if todos else None, status, **facts)


def test_an_unfilled_skeleton_shows_its_todos_and_nothing_else(shown):
    source, (first, second) = skeleton(solution(2), 2)
    text = shown(2, source, verdict(1, status="skipped", actual="not done yet: step 02, TODO 1: close everything"))
    assert text.splitlines()[2:] == [
        f"  ○ TODO 1 (line {first.first_line}): {first.title}",
        f"  ○ TODO 2 (line {second.first_line}): {second.title}",
        "",
        f"2 TODOs are still to do. Next: TODO 1 (line {first.first_line}): {first.title}",
    ]


def test_a_begun_step_shows_its_verdicts(shown):
    source = skeleton(solution(2), 2)[0]
    source = source.replace('raise NotImplementedError("step 02, TODO 1: close everything")', "closed = missing")
    frame = {"file": "step_02.py", "line": 28, "code": "closed = missing"}
    text = shown(
        2,
        source,
        verdict(1, status="error", actual="NameError: name 'missing' is not defined", trace=[frame]),
        verdict(2, status="skipped", actual="not done yet: step 02, TODO 2: open the past"),
    )
    assert "✗ It works" in text and "NameError: name 'missing' is not defined" in text
    assert "step_02.py, line 28:  closed = missing" in text
    assert text.splitlines()[-1].startswith("Not yet: 0 of 2 checks pass")
    assert "Next: TODO 1 " in text and text.endswith("; then ./run s02\n")


def test_a_file_that_cannot_be_imported_says_so_first(shown):
    source = "import nothing\n" + skeleton(solution(2), 2)[0]
    text = shown(2, source, verdict(status="error", actual="ModuleNotFoundError: No module named 'nothing'"))
    assert "No module named 'nothing'" in text and "Next: the first ✗ above" in text


def test_a_failed_check_says_what_was_expected_and_where_to_look(shown):
    wrong = verdict(2, status="failed", expected="[[0]]", actual="[[1]]", help="Is it a zero?", line=30)
    text = shown(2, solution(2), verdict(1, status="passed"), wrong)
    for words in ("✓ It works", "expected  [[0]]", "got       [[1]]", "Is it a zero?", "look at TODO 2 (line 30)"):
        assert words in text


def test_a_step_that_is_done_leads_to_the_next(shown):
    done = verdict(1, status="passed")
    assert "Step 02 is done: 1 of 1 checks pass (0.0 s). Next: ./run s03" in shown(2, solution(2), done)
    assert "Next: ./run generate --mine" in shown(14, solution(14), done)


def test_only_skipped_checks_still_lead_somewhere(shown):
    assert "Next: TODO 2" in shown(2, solution(2), verdict(2, status="skipped", actual="not here"))


def test_escapes_never_reach_the_terminal(shown):
    frame = {"file": f"{ESCAPES}.py", "line": 1, "code": ESCAPES}
    hostile = verdict(1, status="failed", expected=ESCAPES, actual=ESCAPES, help=ESCAPES, trace=[frame])
    text = shown(2, solution(2), hostile, verdict(1, status="skipped", actual=ESCAPES), output=ESCAPES)
    assert text.count(HARMLESS) == 7
    assert not set("\x1b\x07\udc80") & set(text)


def test_a_flood_is_cut(shown):
    text = shown(2, solution(2), verdict(1, status="passed"), output="flood\n" * 1000)
    assert text.count("| flood") == 10 and "| and 990 lines more" in text


@pytest.mark.parametrize("no_color, styled", [("", True), ("1", False)])
def test_no_color_is_honoured_on_a_terminal(no_color, styled):
    near, far = pty.openpty()
    command = [sys.executable, "-c", "from course import report; report.out.print('[bold red]Not yet[/]')"]
    environment = {**os.environ, "NO_COLOR": no_color, "TERM": "xterm"}
    subprocess.run(command, cwd=ROOT, stdout=far, env=environment, check=True)
    os.close(far)
    text = os.read(near, 1000)
    os.close(near)
    assert b"Not yet" in text and (b"\x1b[" in text) == styled
