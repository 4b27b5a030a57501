"""What is planted as a bug: files that give nothing away, from easy to hard, and the same for the same seed."""

import re
from itertools import pairwise

import numpy as np
import pytest

from course.commands import app
from course.curriculum import bugs as module
from course.curriculum.bugs import bugs, couples, export, is_planted, plain, planted
from course.curriculum.catalogue import CatalogueError, Mistake, Observation, Recording, combined, read_mistakes
from course.curriculum.steps import STEPS, solution_path
from course.curriculum.todos import skeleton
from course.refusal import Refusal


@pytest.mark.parametrize("step", STEPS)
def test_a_file_with_a_bug_differs_from_the_solution_and_does_not_say_where(step):
    right = plain(step)
    assert not is_planted(right) and not is_planted(solution_path(step).read_text(encoding="utf-8"))
    for mistake in bugs(step):
        text = planted(step, (mistake,), "`./run`")
        compile(text, mistake.id, "exec")
        assert is_planted(text) and plain(step, (mistake,)) != right
        assert not re.search(r"^\s*# |TODO|hint:", text, re.MULTILINE)
        assert mistake.title not in text


@pytest.mark.parametrize("step", STEPS)
def test_every_title_is_planted_once(step):
    assert len(bugs(step)) == len({mistake.title for mistake in read_mistakes(step)})


def test_a_skeleton_is_no_bug_hunt():
    assert not is_planted(skeleton(solution_path(8).read_text(encoding="utf-8"), 8)[0])


def test_the_file_says_how_many_mistakes_there_are_and_what_checks_it():
    one, two = bugs(8)[:1], next(couples(bugs(8)))
    assert "There is one mistake in here. Check your work: `./run debug 8`.\n" in planted(8, one, "`./run debug 8`")
    assert "There are two mistakes in here. Check" in planted(8, two, "x") and is_planted(planted(8, two, "x"))


def test_what_is_left_out_leaves_no_mark():
    (mistake,) = (mistake for mistake in read_mistakes(8) if mistake.id == "no-mask")
    assert mistake.edits[0][1] == "pass"
    text = plain(8, (mistake,))
    assert "pass" not in text and "head_dim**-0.5  # [..., seq, seq]\n\n    weights = " in text


def made_up(id: str, always: str, sometimes: str = "", what: str = "", new: str = "x") -> tuple[Mistake, Recording]:
    mistake = Mistake(8, id, id, (("old", new),), "", "test")
    seen = {check: Observation(what, np.array("")) for check in always.split()}
    return mistake, Recording(frozenset(always.split()), frozenset(sometimes.split()), seen)


def test_they_come_from_easy_to_hard(monkeypatch):
    known = [
        made_up("seen by one check", "a"),
        made_up("seen by one check, and longer", "a", new="xx"),
        made_up("seen by two checks", "a b"),
        made_up("a crash in one check", "a", what="crash"),
        made_up("seen by chance", "", sometimes="a b"),
    ]
    monkeypatch.setattr(module, "read_mistakes", lambda step: [mistake for mistake, _ in known])
    monkeypatch.setattr(module, "recording", lambda step: {mistake.id: recorded for mistake, recorded in known})
    assert [mistake.id for mistake in bugs.__wrapped__(8)] == [
        "a crash in one check",
        "seen by two checks",
        "seen by one check, and longer",
        "seen by one check",
    ]


def test_of_two_each_is_seen_where_the_other_is_not(monkeypatch):
    known = [made_up("one", "a b"), made_up("part of it", "a", new="y"), made_up("other", "b c", "a", new="z")]
    monkeypatch.setattr(module, "recording", lambda step: {mistake.id: recorded for mistake, recorded in known})
    monkeypatch.setattr(module, "combined", lambda step, mistakes: "")
    found = [tuple(mistake.id for mistake in couple) for couple in couples([mistake for mistake, _ in known])]
    assert found == []
    known[2] = made_up("other", "b c", new="z")
    found = [tuple(mistake.id for mistake in couple) for couple in couples([mistake for mistake, _ in known])]
    assert found == [("one", "other"), ("part of it", "other")]


def test_edits_of_one_place_are_not_made_together():
    by_id = {mistake.id: mistake for mistake in read_mistakes(8)}
    # The first leaves F.softmax(scores) in what it writes, so that one order seems to fit.
    overlapping = by_id["mask-after-softmax"], by_id["not-normalized"]
    for order in (overlapping, overlapping[::-1]):
        with pytest.raises(CatalogueError):
            combined(8, order)
    both = combined(8, (by_id["no-scale"], by_id["weights-transposed"]))
    assert "head_dim**-0.5" not in both and "weights.transpose" in both


def test_a_class_gets_the_same_bugs_for_the_same_seed(tmp_path):
    drawn = {name: export(tmp_path / name, STEPS, False, seed) for name, seed in (("a", 1), ("b", 1), ("c", 2))}
    texts = {name: [path.read_bytes() for path in sorted((tmp_path / name).iterdir())] for name in drawn}
    assert list(drawn["a"]) == list(STEPS)
    assert drawn["a"] == drawn["b"] and texts["a"] == texts["b"]
    assert sum(one != other for one, other in zip(texts["a"], texts["c"])) > len(STEPS) / 2


def test_an_export_replaces_no_file(tmp_path):
    (tmp_path / "step_08.py").write_text("mine")
    with pytest.raises(Refusal, match=r"step_08\.py is there already"):
        export(tmp_path, STEPS, False, 0)
    assert [path.read_text() for path in tmp_path.iterdir()] == ["mine"]


def test_the_command_tells_the_instructor_what_the_files_do_not(tmp_path, capsys):
    with pytest.raises(SystemExit):
        app(["debug", "8", "--export", str(tmp_path), "--two", "--seed", "3"])
    (mistakes,) = export(tmp_path / "again", [8], True, 3).values()
    (path,) = tmp_path.glob("*.py")
    printed, text = " ".join(capsys.readouterr().out.split()), path.read_text()
    for mistake in mistakes:
        assert mistake.title in printed and mistake.title not in text and mistake.id not in text
    assert "two mistakes" in text and "`./run s08 --from` and this folder" in text


def test_a_step_without_two_bugs_for_a_class_is_refused(tmp_path, capsys):
    assert not list(couples(bugs(7)))
    with pytest.raises(SystemExit) as refused:
        app(["debug", "7", "--export", str(tmp_path), "--two"])
    assert refused.value.code == 2 and "there are no such bugs" in capsys.readouterr().err


def test_crashes_come_before_what_few_checks_see():
    recorded = module.recording(14)
    fails = [len(recorded[mistake.id].always) for mistake in bugs(14)]
    crashes = [any(seen.what == "crash" for seen in recorded[mistake.id].seen.values()) for mistake in bugs(14)]
    assert crashes == sorted(crashes, reverse=True) and 0 < sum(crashes) < len(crashes)
    assert all(a >= b for a, b in pairwise(fails[sum(crashes) :]))
