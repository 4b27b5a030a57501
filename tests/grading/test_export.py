"""Each file for another program has the form that the program asks for, and says what was found."""

import csv
import io
import json
from xml.etree import ElementTree

import jsonschema
from course.grading import export
from course.grading.marks import Marks
from grading.examples import ADA, BOB, EVE, GRADES

STEPS = (2, 14)

# After https://gradescope-autograders.readthedocs.io/en/latest/specs/#output-format
GRADESCOPE = {
    "type": "object",
    "required": ["tests"],
    "additionalProperties": False,
    "properties": {
        "output": {"type": "string"},
        "tests": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "properties": {
                    "score": {"type": "number"},
                    "max_score": {"type": "number"},
                    "status": {"enum": ["passed", "failed"]},
                    "name": {"type": "string"},
                    "number": {"type": "string"},
                    "output": {"type": "string"},
                    "output_format": {"enum": ["text", "html", "simple_format", "md", "ansi"]},
                },
            },
        },
    },
}

# After https://exercism.org/docs/building/tooling/test-runners/interface
EXERCISM = {
    "type": "object",
    "required": ["version", "status", "tests"],
    "additionalProperties": False,
    "properties": {
        "version": {"const": 2},
        "status": {"enum": ["pass", "fail", "error"]},
        "tests": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["name", "status"],
                "additionalProperties": False,
                "properties": {
                    "name": {"type": "string"},
                    "status": {"enum": ["pass", "fail", "error"]},
                    "message": {"type": "string"},
                },
            },
        },
    },
}


def test_csv_has_a_row_for_each_submission():
    first, ada, eve, bob = csv.reader(io.StringIO(export.to_csv(GRADES, STEPS, Marks({14: 3}))))
    assert first == ["submission", "points", "of", "step_02", "step_14", "error"]
    assert ada == ["ada", "4", "4", "1 of 1", "1 of 1", ""]
    assert eve[0].startswith("'=eve")  # no formula
    assert eve[1:] == ["0", "4", "0 of 3", "", ""]
    assert bob == ["bob", "0", "4", "", "", "holds no step_NN.py"]


def test_json_keeps_all_that_is_known():
    found = json.loads(export.to_json(GRADES, STEPS, Marks()))
    assert [each["submission"] for each in found["submissions"]] == [grade.name for grade in GRADES]
    assert found["submissions"][1]["steps"] == EVE.steps and found["most"] == 2


def test_junit_counts_what_failed():
    suites = ElementTree.fromstring(export.to_junit(GRADES))
    ada, _, eve = suites
    assert ada.attrib | {"name": ""} == {"name": "", "tests": "1", "failures": "0", "errors": "0", "skipped": "0", "time": "0.25"}
    assert [eve.get(name) for name in ("tests", "failures", "errors", "skipped")] == ["3", "1", "1", "1"]
    assert [[child.tag for child in case] for case in eve] == [["failure"], ["error"], ["skipped"]]
    assert "that is what you get when the mask is shifted" in eve[0][0].get("message")


def test_gradescope():
    for grade in GRADES:
        jsonschema.validate(json.loads(export.to_gradescope(grade, STEPS, Marks())), GRADESCOPE)
    found = json.loads(export.to_gradescope(ADA, STEPS, Marks({14: 3})))["tests"]
    assert [(test["score"], test["max_score"], test["status"]) for test in found] == [(1, 1, "passed"), (3, 3, "passed")]
    second, missing = json.loads(export.to_gradescope(EVE, STEPS, Marks()))["tests"]
    assert second["score"] == 0 and "the mask is shifted" in second["output"]
    assert missing["output"] == "step_14.py was not handed in"
    assert json.loads(export.to_gradescope(BOB, STEPS, Marks()))["output"] == BOB.error


def test_exercism():
    for step in (*ADA.steps, *EVE.steps):
        jsonschema.validate(json.loads(export.to_exercism(step)), EXERCISM)
    assert json.loads(export.to_exercism(ADA.steps[0]))["status"] == "pass"
    found = json.loads(export.to_exercism(EVE.steps[0]))
    assert found["status"] == "fail" and [test["status"] for test in found["tests"]] == ["fail", "error", "fail"]


def test_nothing_steers_a_terminal():
    texts = [export.to_csv(GRADES, STEPS, Marks()), export.to_junit(GRADES), export.to_exercism(EVE.steps[0])]
    texts.append(export.to_gradescope(EVE, STEPS, Marks()))
    assert not any(sign in text for text in texts for sign in ("\x1b", "\u202e", "\\u001b", "\\u202e"))
