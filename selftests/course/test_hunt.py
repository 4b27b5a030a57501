"""debug plants a bug, says nothing of what it is until it is mended or given up, and loses nothing."""

import json
import os
import re

import pytest

from course.commands import app, learn
from course.curriculum.bugs import bugs, couples, plain, planted
from course.curriculum.steps import solution_path, step_path
from course.judging.verdicts import StepResult, Verdict
from course.learner import hunt, progress, reset
from course.learner import memory as state
from course.refusal import Refusal
from course.terminal import verdicts

EASIEST, NEXT = bugs(8)[:2]


@pytest.fixture
def file(learner, monkeypatch):
    """Where the bug of step 08 is planted. A file passes if its code is the solution's; else a mistake is named."""
    monkeypatch.setattr(hunt, "DEBUG_FOLDER", learner / "debug")
    monkeypatch.setattr(verdicts, "DEBUG_FOLDER", learner / "debug")

    def judge(steps, folder, **_):
        (step,) = steps
        path = step_path(step, folder)
        status = "passed" if code(path.read_text()) == code(plain(step)) else "failed"
        check = Verdict("id", "It is right", [1], 1, status, mistake=EASIEST.title, help=EASIEST.lesson, line=30)
        return [StepResult(step, str(path), [check], 0.1)]

    monkeypatch.setattr(hunt, "judge", judge)
    return step_path(8, learner / "debug")


def code(text: str) -> str:
    return text.rpartition('"""\n\nfrom')[2]


def mend(path, step: int = 8) -> None:
    path.write_text(plain(step) + "# mended\n") if "# mended" in path.read_text() else path.write_text(plain(step))


def shown(capsys) -> str:
    return " ".join(capsys.readouterr().out.split())


def remembered(step: int = 8) -> state.Bugs:
    return state.read()[step].bugs


def backups(learner) -> list[str]:
    return [path.read_text() for path in sorted((learner / ".course" / "backups").glob("*"))]


def test_the_easiest_is_planted_and_the_learners_own_step_stays(learner, file, capsys):
    own = (learner / "steps" / "step_08.py").read_bytes()
    assert not hunt.hunt(8, False, None)
    assert file.read_text() == planted(8, (EASIEST,), "`./run debug 8` (or `pixi run debug 8`)")
    assert (learner / "steps" / "step_08.py").read_bytes() == own
    assert remembered() == state.Bugs(planted=[EASIEST.id])
    assert f"bug 1 of {len(bugs(8))}" in shown(capsys)


def test_nothing_says_what_it_is_until_it_is_mended(file, capsys):
    hunt.hunt(8, False, None)
    printed = shown(capsys)
    assert "It is right" in printed and "Next: the first ✗ above; then ./run debug 8" in printed
    assert EASIEST.title not in printed and EASIEST.lesson not in printed and "TODO" not in printed
    mend(file)
    assert hunt.hunt(8, False, None)
    printed = shown(capsys)
    assert EASIEST.title in printed and EASIEST.lesson in printed
    old, new = EASIEST.edits[0]
    line = next(number for number, row in enumerate(planted(8, (EASIEST,), "x").splitlines(), 1) if new in row)
    assert re.search(rf"line {line} - .*{re.escape(new)}.* \+ .*{re.escape(old)}", printed)


def test_a_file_with_a_bug_keeps_the_name_to_itself_whoever_checks_it(file, capsys):
    hunt.hunt(8, False, None)
    (result,) = hunt.judge([8], file.parent)
    verdicts.show(result)
    assert EASIEST.title not in shown(capsys)
    file.write_text(plain(8, (EASIEST,)))
    verdicts.show(result)
    assert EASIEST.title in shown(capsys)
    mend(file)
    verdicts.show(*hunt.judge([8], file.parent))
    assert shown(capsys).endswith("Next: ./run debug 8")  # which tells what it was


def test_the_next_one_is_harder_and_what_was_mended_is_kept(learner, file, capsys):
    hunt.hunt(8, False, None)
    file.write_text(mended := plain(8))
    hunt.hunt(8, False, None)
    assert remembered() == state.Bugs(found=[EASIEST.id])
    assert f"./run debug 8 plants another one: {len(bugs(8)) - 1} of {len(bugs(8))} are left" in shown(capsys)
    hunt.hunt(8, False, None)
    assert remembered() == state.Bugs(planted=[NEXT.id], found=[EASIEST.id])
    assert backups(learner) == [mended] and ".course/backups/debug-step_08-" in shown(capsys)


def test_progress_counts_what_is_found(file, capsys):
    progress.show()
    assert "Bugs" not in shown(capsys)
    hunt.hunt(8, False, None)
    progress.show()
    assert f"Bugs found: 0 of {len(bugs(8))} in step 08" in shown(capsys)
    mend(file)
    hunt.hunt(8, False, None)
    hunt.hunt(3, False, None)
    progress.show()
    assert f"Bugs found: 0 of {len(bugs(3))} in step 03, 1 of {len(bugs(8))} in step 08" in shown(capsys)


def test_what_was_given_up_is_told_and_comes_after_all_others(file, capsys):
    hunt.hunt(8, False, None)
    capsys.readouterr()
    hunt.give_up(8)
    printed = shown(capsys)
    assert EASIEST.title in printed and EASIEST.lesson in printed
    assert remembered() == state.Bugs(given_up=[EASIEST.id])
    hunt.hunt(8, False, None)
    assert remembered().planted == [NEXT.id]
    with state.change() as memory:
        memory[8].bugs = state.Bugs(found=[bug.id for bug in bugs(8)[1:]], given_up=[EASIEST.id])
    hunt.hunt(8, False, None)
    assert remembered().planted == [EASIEST.id]
    mend(file)
    hunt.hunt(8, False, None)
    with pytest.raises(Refusal, match=f"all {len(bugs(8))} bugs of step 08 are found"):
        hunt.hunt(8, False, None)


def test_nothing_can_be_given_up_where_nothing_is_planted(file):
    with pytest.raises(Refusal, match="no bug is planted in step 08: ./run debug 8 plants one"):
        hunt.give_up(8)


def test_two_are_planted_found_and_explained_together(file, capsys):
    both = next(couples(bugs(8)))
    hunt.hunt(8, True, None)
    assert remembered().planted == [bug.id for bug in both] and "two mistakes" in shown(capsys)
    file.write_text(plain(8, both[:1]))
    assert not hunt.hunt(8, True, None)
    mend(file)
    assert hunt.hunt(8, False, None)
    printed = shown(capsys)
    assert all(bug.title in printed and bug.lesson in printed for bug in both)
    assert remembered() == state.Bugs(found=[bug.id for bug in both])


def test_a_second_one_is_not_planted_beside_the_first(file):
    hunt.hunt(8, False, None)
    before = file.read_text()
    with pytest.raises(Refusal, match="step_08.py has a bug already"):
        hunt.hunt(8, True, None)
    assert file.read_text() == before and remembered().planted == [EASIEST.id]


@pytest.mark.parametrize(("step", "two", "why"), [(7, True, "no two"), (99, False, "no bugs to find in step 99")])
def test_what_cannot_be_planted_is_refused(file, step, two, why):
    with pytest.raises(Refusal, match=why):
        hunt.hunt(step, two, None)
    assert not file.parent.exists() and not remembered(step).planted


def test_a_deleted_file_comes_back_with_its_bug(learner, file, capsys):
    hunt.hunt(8, False, None)
    before = file.read_text()
    file.unlink()
    capsys.readouterr()
    assert not hunt.hunt(8, False, None)
    assert file.read_text() == before and remembered().planted == [EASIEST.id] and not backups(learner)
    assert "was gone" in shown(capsys)


def test_what_cannot_be_read_is_told_with_the_way_back(file, monkeypatch, capsys):
    hunt.hunt(8, False, None)
    monkeypatch.undo()  # the real checks
    monkeypatch.setattr(hunt, "DEBUG_FOLDER", file.parent)
    monkeypatch.setattr(state, "FOLDER", file.parent.parent / ".course")
    file.write_bytes(b"def (\0")
    capsys.readouterr()
    assert not hunt.hunt(8, False, None)
    printed = shown(capsys)
    assert "The file can be imported" in printed and "To begin again, delete" in printed


def test_a_bug_that_the_catalogue_has_no_more_can_still_be_mended(file, capsys):
    hunt.hunt(8, False, None)
    with state.change() as memory:
        memory[8].bugs.planted = ["of-old"]
    assert not hunt.hunt(8, False, None)
    mend(file)
    capsys.readouterr()
    assert hunt.hunt(8, False, None)
    assert "The catalogue has changed" in shown(capsys)
    progress.show()
    assert f"0 of {len(bugs(8))} in step 08" in shown(capsys)


def test_where_its_file_is_gone_too_another_one_is_planted(file):
    with state.change() as memory:
        memory[8].bugs.planted = ["of-old"]
    hunt.hunt(8, False, None)
    assert remembered().planted == [EASIEST.id] and file.exists()


def test_an_interrupted_command_leaves_a_bug_that_is_whole_or_none(learner, file, monkeypatch):
    write = state.write

    def interrupted(path, text):
        if path.name == "state.json":
            raise KeyboardInterrupt
        write(path, text)

    monkeypatch.setattr(state, "write", interrupted)
    with pytest.raises(KeyboardInterrupt):
        hunt.hunt(8, False, None)
    monkeypatch.setattr(state, "write", write)
    assert not hunt.is_open(8)
    hunt.hunt(8, False, None)
    assert remembered().planted == [EASIEST.id] and not backups(learner)


def test_where_the_file_cannot_be_written_nothing_is_planted(learner, file):
    (learner / "debug").write_text("in the way")
    with pytest.raises(OSError):
        hunt.hunt(8, False, None)
    assert not hunt.is_open(8)


def test_reset_does_not_forget_what_was_found(learner, file):
    hunt.hunt(8, False, None)
    mend(file)
    hunt.hunt(8, False, None)
    (learner / "steps" / "step_08.py").write_text("mine = 1\n")
    reset.reset(8)
    assert remembered().found == [EASIEST.id] and file.exists()


@pytest.mark.parametrize("damaged", ['{"planted": 3}', '{"lost": []}', "[]"])
def test_a_damaged_memory_of_bugs_is_set_aside(learner, capsys, damaged):
    (learner / ".course").mkdir()
    (learner / ".course" / "state.json").write_text(f'{{"08": {{"hints": {{}}, "bugs": {damaged}}}}}')
    assert remembered() == state.Bugs()
    assert "was damaged" in capsys.readouterr().err


# The command


def test_without_a_number_it_goes_on_where_the_last_file_was_saved(file, capsys):
    with pytest.raises(SystemExit) as ended:
        app(["debug"])
    assert ended.value.code == 0 and "No bug is planted" in shown(capsys)
    for step in (3, 8):
        hunt.hunt(step, False, None)
    os.utime(step_path(3, file.parent), (0, 2e9))
    assert hunt.current() == 3
    capsys.readouterr()
    with pytest.raises(SystemExit) as ended:
        app(["debug"])
    assert ended.value.code == 1 and "Step 03" in shown(capsys)


def test_one_is_suggested_in_the_step_of_which_the_fewest_are_found(learner, file, capsys):
    for step in (3, 8):
        (learner / "steps" / f"step_{step:02}.py").write_text("mine = 1\n")
        done = StepResult(step, "", [Verdict("1", "", [1], 1, "passed")], 0.1)
        progress.record([done], progress.fingerprints([step]))
    with state.change() as memory:
        memory[3].bugs.found = [bug.id for bug in bugs(3)[:2]]
    hunt.show_none()
    assert shown(capsys).endswith("Next: ./run debug 8")


def test_who_has_not_passed_the_step_is_asked_first(file, monkeypatch, capsys):
    with pytest.raises(SystemExit) as ended:
        app(["debug", "8"])
    assert ended.value.code == 2 and "you have not passed it" in " ".join(capsys.readouterr().err.split())
    assert not file.exists()
    monkeypatch.setattr(learn, "_wants_solution", lambda step: False)
    with pytest.raises(SystemExit) as ended:
        app(["debug", "8"])
    assert ended.value.code == 1 and not file.exists()
    with pytest.raises(SystemExit) as ended:
        app(["debug", "8", "--yes"])
    assert ended.value.code == 1 and file.exists()


@pytest.mark.parametrize("arguments", [["99"], ["two"]])
def test_a_number_that_is_no_step_is_refused(capsys, arguments):
    with pytest.raises(SystemExit) as refused:
        app(["debug", *arguments])
    assert refused.value.code == 2 and f"{arguments[0]!r} is not a step" in capsys.readouterr().err


def test_a_bug_that_is_mended_in_another_way_is_found(run, copy):
    begun = run("debug", "8", "--yes")
    assert begun.returncode == 1 and EASIEST.title not in begun.stdout, begun.stderr
    path = copy / "debug" / "step_08.py"
    assert EASIEST.id == "mask-multiplied"
    other = "scores = causal_mask(seq_length, scores.dtype, scores.device) + scores"
    path.write_text(re.sub(r"scores = scores \* causal_mask.*", other, path.read_text()))
    assert other in path.read_text() and other not in solution_path(8).read_text()
    done = run("debug")
    assert done.returncode == 0 and "Found: 8 of 8 checks pass" in done.stdout, done.stderr
    assert EASIEST.title in done.stdout
    assert json.loads((copy / ".course" / "state.json").read_text())["08"]["bugs"]["found"] == [EASIEST.id]
