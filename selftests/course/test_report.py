"""What a person reads: the open TODOs or the verdicts, what to do next, and no raw escapes."""

import os
import pty
import subprocess
import sys
import time

import pytest
from rich.color import Color

from course.curriculum.steps import ROOT, solution_path, step_path
from course.curriculum.todos import open_todos, skeleton
from course.judging.verdicts import StepResult, Verdict
from course.terminal import console, verdicts
from course.terminal.waiting import Waiting

ESCAPES = "\x1b[31mred\x1b]0;title\x07 [/] [bold] :smile: \udc80"
HARMLESS = "·[31mred·]0;title· [/] [bold] :smile: ·"


@pytest.fixture
def shown(tmp_path, capsys):
    """A function from a step's source and verdicts to what verdicts.show prints."""

    def show(step: int, source: str, *checks: Verdict, output: str = "") -> str:
        path = step_path(step, tmp_path)
        path.write_text(source, encoding="utf-8")
        verdicts.show(StepResult(step, str(path), list(checks), 0.0, open_todos(source, step), output))
        return capsys.readouterr().out

    return show


def solution(step: int) -> str:
    return solution_path(step).read_text(encoding="utf-8")


def verdict(*todos: int, status: str, **facts) -> Verdict:
    return Verdict("tests/test_step.py::test_it", "It works", list(todos), todos[0] if todos else None, status, **facts)


def test_an_unfilled_skeleton_shows_its_todos_and_nothing_else(shown):
    source, (first, second) = skeleton(solution(2), 2)
    text = shown(2, source, verdict(1, status="skipped", actual="not done yet: step 02, TODO 1: close everything"))
    assert text.splitlines()[2:] == [
        f"  ○ TODO 1 (line {first.first_line}): {first.title}",
        f"  ○ TODO 2 (line {second.first_line}): {second.title}",
        "",
        f"2 TODOs are still to do. Next: TODO 1 (line {first.first_line}): {first.title}",
    ]


@pytest.mark.parametrize("is_before", [True, False])
def test_a_raise_that_still_stands_beside_code_is_told_of(shown, is_before):
    source, _ = skeleton(solution(2), 2)
    (line,) = (row for row in source.splitlines() if "TODO 1: " in row and "raise" in row)
    rows = ["    closed = 1", line] if is_before else [line, "    closed = 1"]
    told = "TODO 1 has code, and still its raise NotImplementedError, too: delete that line."
    waiting = verdict(1, status="skipped", actual="not done yet")
    assert told in shown(2, source.replace(line, "\n".join(rows)), waiting)
    assert told not in shown(2, source, waiting)
    half = source.replace(line, "\n".join(rows)).replace('raise NotImplementedError("step 02, TODO 2', 'pass  # ("')
    assert told in shown(2, half, waiting)


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
    assert "Next: TODO 1 " in text and "; then ./run s02 --from " in text


def test_a_file_that_cannot_be_imported_says_so_first(shown):
    source = "import nothing\n" + skeleton(solution(2), 2)[0]
    text = shown(2, source, verdict(status="error", actual="ModuleNotFoundError: No module named 'nothing'"))
    assert "No module named 'nothing'" in text and "Next: the first ✗ above" in text


def test_a_failed_check_says_what_was_expected_and_where_to_look(shown):
    wrong = verdict(2, status="failed", expected="[[0]]", actual="[[1]]", help="Is it a zero?", line=30)
    text = shown(2, solution(2), verdict(1, status="passed"), wrong)
    for words in ("✓ It works", "expected  [[0]]", "got       [[1]]", "Is it a zero?", "look at TODO 2 (line 30)"):
        assert words in text


def test_what_comes_next_is_in_the_same_folder(tmp_path, capsys):
    for folder, option in ((tmp_path / "two words", " --from '"), (ROOT / "steps", "\n")):
        folder.mkdir(exist_ok=True)
        done = StepResult(2, str(folder / "step_02.py"), [verdict(1, status="passed")], 0.0)
        verdicts.show(done)
        assert f"Next: ./run s03{option}" in capsys.readouterr().out


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
    assert text.count("| flood") == 20 and "| and 980 more lines" in text


def test_what_a_check_prints_stands_below_it(shown):
    first, second = (
        verdict(1, status="passed", output="one\n"),
        verdict(2, status="failed", actual="no", output="two\n"),
    )
    lines = [line.strip() for line in shown(2, solution(2), first, second).splitlines()]
    assert lines.index("| one") == lines.index("✓ It works") + 1
    assert lines.index("✗ It works") < lines.index("| two")


# Where it is wrong, and by how much


TENSOR = {
    "what": "the result",
    "shape": [2, 3],
    "off": 2,
    "of": 6,
    "largest": "0.5",
    "tolerance": "1e-05",
    "places": [
        {"place": [0, 1], "expected": "0.75", "got": "0.25"},
        {"place": [1, 2], "expected": "-inf", "got": "nan"},
    ],
}


def test_a_wrong_tensor_shows_its_shape_and_then_the_places(shown):
    text = shown(
        2, solution(2), verdict(1, status="failed", expected="[0, 1] = 0.75", actual="0.25", comparison=TENSOR)
    )
    assert text.splitlines()[3:8] == [
        "      the result: shape [2, 3], as it should be",
        "      2 of 6 values are off by up to 0.5 (1e-05 is allowed)",
        "      place   expected   got",
        "      [0, 1]      0.75  0.25",
        "      [1, 2]      -inf   nan",
    ]
    assert "expected  [0, 1]" not in text  # the table says it


def test_what_a_mistake_does_is_shown_in_full_once(shown):
    wrong = verdict(1, status="failed", mistake="it is wrong", help="Mend it.", comparison=TENSOR)
    text = shown(2, solution(2), wrong, wrong, wrong)
    assert "2 more checks fail for the same reason." in text
    for words in ("as it should", "[0, 1]", "That is what you get when it is wrong.", "Mend it."):
        assert text.count(words) == 1


def test_the_first_error_comes_first_and_each_further_one_is_a_line(shown):
    first = verdict(1, status="failed", help="Is there a `return`?")
    others = [
        verdict(1, status="failed", help="Mend it.", comparison=TENSOR),
        verdict(1, status="error", actual="late"),
    ]
    text = shown(2, solution(2), first, first, *others)
    assert text.count("Is there a `return`?") == 1 and "1 more check fails for the same reason." in text
    assert "✗ It works: 2 of 6 values are off by up to 0.5\n" in text and "✗ It works: late\n" in text
    assert "[0, 1]" not in text and "Mend it." not in text


def test_what_is_not_done_yet_is_said_once_for_each_todo(shown):
    waiting = [verdict(number, status="skipped", actual=f"not done yet: TODO {number}") for number in (1, 1, 2, 1)]
    text = shown(2, solution(2), verdict(1, status="passed"), *waiting)
    assert "○ It works: not done yet: TODO 1 (and 2 more for the same reason)\n" in text
    assert "○ It works: not done yet: TODO 2\n" in text and text.count("not done yet") == 2


def test_of_many_checks_the_rest_is_counted_so_that_the_failure_stays_in_sight(shown):
    passing = [verdict(1, status="passed") for _ in range(6)]
    wrong = [verdict(1, status="failed", actual=f"no {number}") for number in (1, 2, 3, 4, 5, 6, 6)]
    told = verdict(1, status="passed", output="printed")
    assert shown(2, solution(2), *passing, *wrong, *passing, told).splitlines()[2:12] == [
        "  ✓ 12 checks pass",
        "  ✗ It works",
        "      got  no 1",
        "      look at TODO 1",
        "  ✗ It works: no 2",
        "  ✗ It works: no 3",
        "  ✗ It works: no 4",
        "  ✓ It works",
        "      | printed",
        "  ✗ 3 more checks fail",
    ]
    assert shown(2, solution(2), *passing, told, *passing).count("✓ It works") == 13
    assert shown(2, solution(2), *passing, wrong[0]).count("✓ It works") == 6


def test_crashes_in_one_line_are_one_cause(shown):
    frame = {"file": "step_02.py", "line": 7, "code": "return mask"}
    first, second = (verdict(1, status="error", actual=f"shape {size}", trace=[frame]) for size in (2, 3))
    text = shown(2, solution(2), first, second)
    assert "shape 2" in text and "shape 3" not in text and "1 more check fails for the same reason." in text


def test_what_has_one_remedy_is_one_cause(shown):
    arrays = [verdict(1, status="failed", expected="a Tensor", actual=f"array {n}", help="Make one.") for n in (2, 3)]
    other = verdict(1, status="failed", expected="a shape", actual="array 4", help="Make one.")
    text = shown(2, solution(2), *arrays, other)
    assert "array 3" not in text and "1 more check fails for the same reason." in text and "array 4" in text


def test_a_wrong_distribution_is_a_chart(shown):
    text = shown(
        2, solution(2), verdict(1, status="failed", shares={"the favourite": (0.5, 1.0), "others": (0.5, 0.0)})
    )
    assert text.splitlines()[3:9] == [
        "      the favourite",
        "        expected   50% " + "█" * 15,
        "        drawn     100% " + "█" * 30,
        "      others",
        "        expected   50% " + "█" * 15,
        "        drawn       0%",
    ]


# Terminals


LONG = (
    "a sentence that is far too long for one line of a terminal of eighty columns, "
    "and too long for one of a hundred and twenty as well"
)


@pytest.mark.parametrize("width", [80, 120])
def test_nothing_is_wider_than_the_terminal_and_what_goes_on_stays_in_its_column(shown, monkeypatch, width):
    for name, value in (("FORCE_COLOR", "1"), ("NO_COLOR", "1"), ("COLUMNS", str(width))):
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(console, "out", console._console(stderr=False))
    frame = {"file": "step_02.py", "line": 1, "code": LONG}
    wrong = verdict(1, status="failed", expected=LONG, actual=LONG, help=LONG, trace=[frame])
    lines = shown(2, solution(2), wrong, output=LONG).splitlines()
    assert max(map(len, lines)) <= width
    (number,) = (number for number, line in enumerate(lines) if line.startswith("      expected  a sentence"))
    assert lines[number + 1].startswith(" " * 16) and lines[number + 1].strip() in LONG


def test_in_a_pipe_lines_stay_whole(shown, monkeypatch):
    monkeypatch.delenv("COLUMNS", raising=False)
    monkeypatch.setattr(console, "out", console._console(stderr=False))
    assert f"      expected  {LONG}\n" in shown(2, solution(2), verdict(1, status="failed", expected=LONG, actual="no"))


@pytest.mark.parametrize("name", ["green", "red", "yellow", "cyan"])
def test_colours_can_be_read_on_black_and_on_white(name):
    def luminance(color: Color) -> float:  # WCAG 2.2
        parts = [part / 255 for part in color.get_truecolor()]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear))

    color = console.out.get_style(name).color
    assert color.number > 15, "what those are, each terminal says for itself"
    assert (luminance(color) + 0.05) / 0.05 > 3.8
    assert 1.05 / (luminance(color) + 0.05) > 3.8


@pytest.mark.parametrize(
    "environment, is_ascii",
    [
        ({"PYTHONIOENCODING": "ascii"}, True),
        ({"LC_ALL": "C"}, True),
        ({"LC_ALL": "C", "PYTHONIOENCODING": "utf-8"}, False),
        ({"LC_ALL": "C.UTF-8"}, False),
    ],
    ids=lambda value: "-".join(value.values()) if isinstance(value, dict) else None,
)
def test_ascii_where_the_terminal_has_no_utf8(tmp_path, environment, is_ascii):
    """With a step that is right and wrong, and prints what it likes."""
    source = solution(2).replace("num_lower=None, num_upper=0, exclude", "num_lower=0, num_upper=None, exclude")
    step_path(2, tmp_path).write_text(source + "\nprint('größe \U0001f98a')\n", encoding="utf-8")
    cleared = {"PYTHONIOENCODING": "", "PYTHONUTF8": "", "LC_ALL": ""}
    command = [sys.executable, "-m", "course", "s02", "--from", tmp_path]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, env={**os.environ, **cleared, **environment})
    assert ran.returncode == 1, ran.stderr
    marks = ("+ ", "x ", "gr??e ?") if is_ascii else ("✓ ", "✗ ", "größe \U0001f98a")
    assert all(mark.encode() in ran.stdout for mark in marks)
    assert ran.stdout.isascii() == is_ascii


@pytest.mark.parametrize("arguments", [["progress"], ["hint", "8"], ["diff", "8", "--yes"]], ids=lambda each: each[0])
def test_other_commands_need_no_utf8_either(run, arguments):
    ran = run(*arguments, PYTHONIOENCODING="ascii")
    assert ran.returncode == 0 and ran.stdout.isascii(), ran.stderr


def test_a_pipe_is_told_how_far_it_is(monkeypatch, capsys):
    monkeypatch.setattr(Waiting, "PATIENCE", 0)
    monkeypatch.setattr(Waiting, "INTERVAL", 0)
    with Waiting() as waiting:
        waiting.count("Trying", 2, 5)
        time.sleep(0.5)
    assert "Trying: 2 of 5 (0 s)\n" in capsys.readouterr().err


@pytest.mark.parametrize("columns", ["", "0", "-1", "3", "wide"])
def test_a_width_that_is_none_is_not_honoured(run, columns):
    assert run("progress", COLUMNS=columns).stdout == run("progress", COLUMNS="80").stdout


@pytest.mark.parametrize("no_color, styled", [("", True), ("1", False)])
def test_no_color_is_honoured_on_a_terminal(no_color, styled):
    near, far = pty.openpty()
    command = [sys.executable, "-c", "from course.terminal import console; console.out.print('[bold red]Not yet[/]')"]
    environment = {**os.environ, "NO_COLOR": no_color, "TERM": "xterm"}
    subprocess.run(command, cwd=ROOT, stdout=far, env=environment, check=True)
    os.close(far)
    text = os.read(near, 1000)
    os.close(near)
    assert b"Not yet" in text and (b"\x1b[" in text) == styled


def test_what_turns_text_around_is_not_shown():
    for character in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufff9\u2028\x7f\x9b\ue000":
        assert console.printable(f"a{character}b") == "a·b"
