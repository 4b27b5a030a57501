"""The score in CONTRIBUTING.md and the picture in README.md are what the commands give."""

from pathlib import Path

import pytest

from course.curriculum.catalogue import read_mistakes, read_right, recording
from course.curriculum.steps import ROOT, STEPS
from course.proof.mutants import read_mutants
from course.proof.score import Outcome, table
from course.proof.verify import score_is_shown
from tools import screenshot


def promised() -> list[Outcome]:
    """What the catalogue says of itself: a mistake is named where its check's observation is recorded."""
    outcomes = []
    for step in STEPS:
        for mistake in read_mistakes(step):
            is_named = any(check.split("[")[0] == mistake.check for check in recording(step)[mistake.id].seen)
            outcomes.append(Outcome(step, "named" if is_named else "caught"))
        outcomes += [Outcome(step, "accepted") for _ in read_right(step)]
    return outcomes


def test_the_table_counts_by_step():
    verdicts = ["named", "caught", "missed", "accepted", "rejected", "accepted"]
    mutants = {3: {"mutants": 9, "caught": 8}, 4: {"mutants": 20, "caught": 20}}
    assert table([Outcome(3, verdict) for verdict in verdicts] + [Outcome(4, "named")], mutants) == (
        "| step | mistakes | caught | named | right answers | accepted | mutants | caught |\n"
        "|-----:|---------:|-------:|------:|--------------:|---------:|--------:|-------:|\n"
        "|   03 |        3 |      2 |     1 |             3 |        2 |       9 |      8 |\n"
        "|   04 |        1 |      1 |     1 |             0 |        0 |      20 |     20 |\n"
        "|  all |        4 |      3 |     2 |             3 |        2 |      29 |     28 |"
    )


def test_readme_shows_the_score_of_the_catalogue():
    assert table(promised(), read_mutants()) in (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"), (
        "./run verify --score prints it"
    )


@pytest.mark.parametrize("verdict, faults", [("named", 0), ("caught", 1), ("missed", 1)])
def test_another_score_than_the_one_in_the_readme_is_a_fault(tmp_path: Path, verdict, faults):
    (tmp_path / "CONTRIBUTING.md").write_text(f"Before.\n\n{table([Outcome(3, 'named')], {})}\n\nAfter.\n")
    assert len(score_is_shown(tmp_path, [Outcome(3, verdict)]).faults) == faults


def test_a_readme_that_is_gone_is_a_fault(tmp_path: Path):
    assert len(score_is_shown(tmp_path, [Outcome(3, "named")]).faults) == 1


def test_the_picture_is_what_the_terminal_shows():
    assert screenshot.picture() == screenshot.PICTURE.read_text(encoding="utf-8"), "python -m tools.screenshot makes it"
