"""When all steps are done, what was built is said once, in numbers that are true, and the own model tells a story."""

import math
from datetime import datetime, timedelta

import pytest
from safetensors.numpy import load_file

from course.commands import learn
from course.curriculum.steps import COURSE, STEPS_FOLDER, STORYTELLER
from course.judging.verdicts import StepResult, Verdict
from course.learner import finish, progress
from course.learner import memory as state
from course.refusal import Refusal


def check(step: int, count: int, passes: bool = True) -> None:
    checks = [Verdict(str(number), "", [1], 1, "passed" if passes else "failed") for number in range(count)]
    progress.record([StepResult(step, "", checks, 0.1)], progress.fingerprints([step]))


def solve(learner, *steps) -> None:
    """Let these steps pass, each with as many checks as its number says."""
    for step in steps:
        (learner / "steps" / f"step_{step:02}.py").write_text("mine = 1\n")
        check(step, step)


@pytest.fixture
def told(monkeypatch, learner):
    """What the model is asked to write."""
    told = []
    monkeypatch.setattr("course.writing.generate.generate", lambda *arguments, **options: told.append(options))
    return told


def test_before_all_steps_are_done_there_is_no_finish(learner, told, capsys):
    solve(learner, *range(1, 14))
    learn._finish_if_due(None)
    assert capsys.readouterr().out == "" and told == []


def test_the_last_step_done_is_a_finish_whichever_it_is_and_it_is_said_once(learner, told, capsys):
    solve(learner, *range(2, 15), 1)
    learn._finish_if_due(None)
    printed = capsys.readouterr().out
    assert "You have built GPT-2." in printed and "Next:" in printed and "openai-community/gpt2" in printed
    assert told == [{"checkpoint": str(STORYTELLER), "steps": STEPS_FOLDER, "device": None}]
    check(3, 3, passes=False)
    check(3, 3)
    learn._finish_if_due(None)
    assert capsys.readouterr().out == "" and len(told) == 1


def test_the_numbers_are_true(learner):
    solve(learner, *COURSE)
    with state.change() as memory:
        memory[5].first_passed = datetime.now() - timedelta(days=4)
    check(5, 5)  # which passes again, and has passed first then
    (steps, checks), (days, _), (parameters, _), (published, _) = finish.figures()
    assert (steps, checks) == ("14", f"steps, whose {sum(COURSE)} checks pass")
    assert days == "5"
    weights = load_file(STORYTELLER / "model.safetensors")
    assert parameters == f"{sum(math.prod(weight.shape) for weight in weights.values()):,}"
    assert published == "124,439,808"


def test_a_memory_of_an_earlier_version_knows_when_a_step_passed(learner):
    solve(learner, 1)
    path = state.FOLDER / "state.json"
    text = path.read_text()
    assert '"first_passed"' in text
    path.write_text(text.replace('"first_passed"', '"something"'))
    memory = state.read()[1]
    assert memory.first_passed == memory.checked.when


def test_a_story_that_cannot_be_told_spoils_nothing(learner, monkeypatch, capsys):
    def refuse(*arguments, **options):
        raise Refusal("step 07 stumbles")

    monkeypatch.setattr("course.writing.generate.generate", refuse)
    solve(learner, *COURSE)
    learn._finish_if_due(None)
    printed = capsys.readouterr()
    assert "step 07 stumbles" in printed.err and "Next:" in printed.out
