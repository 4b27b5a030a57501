"""A known mistake is called by its name, and nothing else is; and the catalogue is proved in turn."""

import subprocess
import sys

import numpy as np
import pytest

from course.curriculum.catalogue import (
    Answer,
    CatalogueError,
    Observation,
    Recording,
    read_mistakes,
    read_right,
    recording,
)
from course.curriculum.steps import FURTHER, STEPS, solution_path, step_path
from course.judging import recognition
from course.judging.failure import CheckFailure
from course.judging.recognition import is_telling, name_mistake, observation, same
from course.judging.run import judge
from course.judging.verdicts import StepResult
from course.proof import verify


def mistake(step: int, id: str):
    (found,) = [each for each in read_mistakes(step) if each.id == id]
    return found


def edited(step: int, old: str, new: str) -> str:
    return Answer(step, "edited", "", ((old, new),)).source()


@pytest.fixture(scope="module")
def results(tmp_path_factory) -> dict[int, StepResult]:
    """Six files, checked in one run: two known mistakes, a variant of one, and three without a name."""
    files = {
        1: mistake(1, "remainder").source(),
        3: edited(
            3,
            "return F.layer_norm(x, gamma=self.weight, beta=self.bias, epsilon=self.eps)",
            "dim = int(x.shape[-1])\n"
            "        c = x - F.sum(x, axis=-1) / dim\n"
            "        variance = F.mean(c * c, axis=-1) * (dim / (dim - 1))\n"
            "        return self.bias + self.weight * (c * F.rsqrt(variance + self.eps))",
        ),
        4: mistake(4, "erf").source(),
        5: solution_path(5).read_text(encoding="utf-8"),
        8: edited(8, "head_dim**-0.5", "0.3"),
        10: edited(10, "return x + self.sublayer", "x + self.sublayer"),
    }
    folder = tmp_path_factory.mktemp("steps")
    for step, source in files.items():
        step_path(step, folder).write_text(source, encoding="utf-8")
    return {result.step: result for result in judge(files, folder)}


def names(result: StepResult) -> dict[str, str | None]:
    """What each check that was not passed names."""
    return {each.id.split("::")[1]: each.mistake for each in result.checks if each.status != "passed"}


def test_a_known_mistake_is_named_with_its_lesson(results):
    erf = mistake(4, "erf")
    named = next(each for each in results[4].checks if each.mistake)
    assert named.mistake == erf.title and named.help == erf.lesson
    assert set(names(results[4]).values()) == {erf.title}


def test_a_mistake_is_its_values_not_its_text(results):
    assert names(results[3])["test_rows_get_mean_zero_and_variance_one"] == "the variance is divided by dim - 1"


def test_mistakes_that_look_the_same_are_all_named(results):
    assert names(results[1])["test_heads_share_the_features"] == (
        "n_head is divided by n_embd, or when head_dim is the remainder of the division"
    )


def test_an_unknown_mistake_gets_no_name(results):
    assert not results[8].passed and set(names(results[8]).values()) == {None}


def test_no_return_value_is_no_known_mistake(results):
    assert not results[10].passed and set(names(results[10]).values()) == {None}


def test_a_right_answer_is_no_mistake(results):
    assert results[5].passed and not any(each.mistake for each in results[5].checks)


def test_who_has_passed_a_check_has_not_made_the_mistakes_that_fail_it():
    argmin, absolute = mistake(14, "argmin"), mistake(14, "largest-absolute")
    check = "test_temperature_zero_is_greedy"
    failed = {name: [argmin.id] for name in recording(14)[argmin.id].always}
    assert name_mistake(14, check, failed, set()) == (argmin.title, argmin.lesson)
    assert name_mistake(14, check, failed, {"test_max_new_tokens[0]"}) == (argmin.title, argmin.lesson)
    # Greedy decoding that mistakes near ties alone: it passes where the logits differ.
    del failed["test_greedy_is_the_argmax"]
    assert name_mistake(14, check, failed, {"test_greedy_is_the_argmax"}) == (None, None)
    assert absolute.id not in failed[check]


def test_what_gives_something_else_in_another_check_is_not_named():
    # Both leave [3, 5] as [-1, 1]. Only one of them gives what the last check saw.
    dropped, post = mistake(10, "residual-dropped"), mistake(10, "post-norm")
    check, last = "test_sublayer_sees_the_normalized_x", "test_block_follows_the_formula"
    always = recording(10)[dropped.id].always
    both = {name: [dropped.id, post.id] for name in always}
    assert both.keys() == recording(10)[post.id].always
    assert name_mistake(10, check, both, set())[0] == f"{dropped.title}, or when {post.title}"
    assert name_mistake(10, check, both | {last: [dropped.id]}, set()) == (dropped.title, dropped.lesson)
    # Neither: it is something else, or more than one mistake.
    assert name_mistake(10, check, both | {last: []}, set()) == (None, None)
    # More than one: with an eps of another's besides, x is dropped all the same.
    assert name_mistake(10, last, both | {check: [], last: [dropped.id]}, set()) == (dropped.title, dropped.lesson)


def test_what_fails_in_more_checks_than_a_mistake_does_is_not_named():
    uneven = mistake(1, "uneven-heads")
    assert name_mistake(1, uneven.check, {uneven.check: [uneven.id]}, set()) == (uneven.title, uneven.lesson)
    assert name_mistake(1, uneven.check, {uneven.check: []}, set()) == (None, None)
    more = {uneven.check: [uneven.id], "test_heads_share_the_features": []}
    assert name_mistake(1, uneven.check, more, set()) == (None, None)


# What counts as the same


def numbers(*array: object, what: str = "") -> Observation:
    return Observation(what, np.array(array))


def test_numbers_are_the_same_within_rounding():
    assert same(numbers(1.0, 1.0), numbers(1.0, 1.0 + 1e-6))
    assert not same(numbers(1.0, 1.0), numbers(1.0, 1.0 + 1e-3))
    assert not same(numbers(1.0), numbers([1.0]))
    assert not same(numbers(1.0), numbers(1))
    assert not same(numbers(1.0, what="key"), numbers(1.0, what="value"))


def test_nothing_is_rounded_to_zero_where_all_is_zero():
    assert same(numbers(0.0, -np.inf), numbers(0.0, -np.inf))
    assert not same(numbers(0.0, -1e-9), numbers(0.0, 0.0))
    assert same(numbers(1.0, 1e-9), numbers(1.0, 0.0))


def test_words_tell_a_mistake_in_its_own_check_alone():
    uneven = mistake(1, "uneven-heads")
    assert observation(CheckFailure("7", "no error")).value == "7: no error"
    assert is_telling(uneven, uneven.check) and not is_telling(uneven, "test_another")


def test_nothing_but_nan_and_a_crash_tell_nothing(monkeypatch):
    known = mistake(4, "erf")
    told = {}
    for seen in ([np.nan, np.nan], [np.nan, 1.0]):
        told["check"] = observation(CheckFailure("7", "", observed=seen))
        monkeypatch.setattr(recognition, "recording", lambda step: {known.id: Recording({"check"}, set(), told)})
        assert is_telling(known, "check") == (seen[1] == 1.0)
    told[known.check] = observation(ValueError("a crash"))
    assert not is_telling(known, known.check)


# The catalogue


@pytest.mark.parametrize("old, times", [("no such text", 0), ("self.norm", 2)])
def test_an_edit_that_does_not_apply_is_named(old, times):
    answer = Answer(10, "lost", "", ((old, "x"),))
    with pytest.raises(CatalogueError, match=f"tests/right/step_10.toml, lost: '{old}' is {times} times"):
        answer.source()


def test_ids_are_unique():
    for step in STEPS:
        for answers in (read_mistakes(step), read_right(step)):
            assert len({answer.id for answer in answers}) == len(answers)


def test_too_few_answers_are_a_fault(monkeypatch):
    monkeypatch.setattr(verify, "read_mistakes", lambda step: [] if step == 2 else read_mistakes(1)[:6])
    assert verify.mistakes_are_caught(["a fault"]).faults == [
        "tests/mistakes/step_02.toml: 0 mistakes, not 4",
        "tests/mistakes/step_14.toml: 6 mistakes, not 20",
        *(f"tests/mistakes/step_{step:02}.toml: 6 mistakes, not 8" for step in FURTHER),
        f"tests/mistakes: {6 * (len(STEPS) - 1)} mistakes, not 100",
        "a fault",
    ]
    monkeypatch.setattr(verify, "read_right", lambda step: read_right(1)[: 2 if step == 3 else 3])
    assert verify.right_answers_pass([]).faults == ["tests/right/step_03.toml: 2 right answers, not 3"]


def test_a_catalogue_that_is_not_true_is_told(copy, edit):
    """On a copy: a check lets a mistake pass, an edit does not apply, a wrong answer stands among the right."""
    edit("tests/test_step_04.py", "gelu(x), 2e-6, device", "gelu(x), 5e-4, device")
    edit("tests/mistakes/step_04.toml", '"return self.c_proj("', '"return self.c_porj("')
    edit("tests/right/step_04.toml", "0.044715 * h**3", "0.44715 * h**3")
    command = [sys.executable, "-m", "tools.mistakes", "--verify", "4"]
    ran = subprocess.run(command, cwd=copy, capture_output=True, text=True)
    passes, unmade, fails = ran.stdout.splitlines()
    assert ran.returncode == 1
    assert passes == "tests/mistakes/step_04.toml, erf: passes test_gelu_has_the_tanh_form"
    assert unmade == ("tests/mistakes/step_04.toml, residual-inside: 'return self.c_porj(' is 0 times in the solution")
    assert fails.startswith("tests/right/step_04.toml, by-hand: fails test_gelu_has_the_tanh_form: CheckFailure(")
