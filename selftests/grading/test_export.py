"""Each file for another program has the form that the program asks for, and says what was found.

Every schema is shut: what it does not name may not be there.
"""

import csv
import io
import json
from dataclasses import replace
from xml.etree import ElementTree

import jsonschema
import pytest

from course.grading import export
from course.grading.deadlines import Lateness
from course.grading.grade import Grade
from course.grading.gradebook import Row
from course.grading.marks import Marks
from course.grading.publish import PLATFORMS, publish
from selftests.grading.examples import ADA, BOB, EVE, GRADES, check, rows, step

STEPS = (2, 14)


def objects(required: dict, optional: dict | None = None) -> dict:
    """The schema of an object with these properties and no others."""
    properties = required | (optional or {})
    return {"type": "object", "required": list(required), "properties": properties, "additionalProperties": False}


def lists(items: dict) -> dict:
    return {"type": "array", "items": items}


TEXT, NUMBER, COUNT = {"type": "string"}, {"type": "number"}, {"type": "string", "pattern": "^[0-9]+$"}
MAYBE = {"type": ["string", "null"]}
WHOLE = {"type": ["integer", "null"]}

# Our own: the points, and each step as `check --json` writes it, but for the seconds.
CHECK = objects(
    {
        "id": TEXT,
        "title": TEXT,
        "todo": WHOLE,
        "status": {"enum": ["passed", "failed", "skipped", "error"]},
        "expected": MAYBE,
        "actual": MAYBE,
        "mistake": MAYBE,
        "help": MAYBE,
        "line": WHOLE,
        "trace": lists(objects({"file": TEXT, "line": {"type": "integer"}, "code": TEXT})),
        "comparison": {"type": ["object", "null"]},
        "shares": {"type": ["object", "null"]},
        "output": TEXT,
    }
)
STEP = objects(
    {
        "step": {"type": "integer", "minimum": 1, "maximum": 14},
        "file": {"type": "string", "pattern": "^step_[0-9]{2}[.]py$"},
        "passed": {"type": "boolean"},
        "checks": lists(CHECK),
    }
)
GRADES_JSON = objects(
    {
        "most": NUMBER,
        "submissions": lists(objects({"submission": TEXT, "points": NUMBER, "error": MAYBE, "steps": lists(STEP)})),
    }
)
GRADES_CSV = lists(
    objects(
        {
            "submission": {"type": "string", "pattern": "^[^=+@-]"},
            "points": {"type": "string", "pattern": "^[0-9.]+$"},
            "of": {"type": "string", "pattern": "^[0-9.]+$"},
            "step_02": {"type": "string", "pattern": "^([0-9]+ of [0-9]+)?$"},
            "step_14": {"type": "string", "pattern": "^([0-9]+ of [0-9]+)?$"},
            "error": {"type": "string", "pattern": "^([^=+@-]|$)"},
        }
    )
)

# After junit-10.xsd of Jenkins' xUnit plugin, for an element as {tag, attributes, children}.
VERDICT = {"type": TEXT, "message": TEXT}
JUNIT = {
    "$ref": "#/$defs/testsuites",
    "$defs": {
        "verdict": objects(
            {
                "tag": {"enum": ["skipped", "error", "failure", "system-out", "system-err"]},
                "attributes": objects({}, VERDICT),
                "children": {"maxItems": 0},
            }
        ),
        "testcase": objects(
            {
                "tag": {"const": "testcase"},
                "attributes": objects({"name": TEXT}, {"time": TEXT, "classname": TEXT, "group": TEXT}),
                "children": lists({"$ref": "#/$defs/verdict"}),
            }
        ),
        "testsuite": objects(
            {
                "tag": {"const": "testsuite"},
                "attributes": objects(
                    {"name": TEXT, "tests": COUNT, "failures": COUNT, "errors": COUNT},
                    {"skipped": COUNT, "time": {"type": "string", "pattern": "^[0-9]*([.][0-9]{0,3})?$"}},
                ),
                "children": lists({"$ref": "#/$defs/testcase"}),
            }
        ),
        "testsuites": objects(
            {
                "tag": {"const": "testsuites"},
                "attributes": objects({}, dict.fromkeys(["name", "time", "tests", "failures", "errors"], TEXT)),
                "children": lists({"$ref": "#/$defs/testsuite"}),
            }
        ),
    },
}

# After https://gradescope-autograders.readthedocs.io/en/latest/specs/#output-format
GRADESCOPE = objects(
    {
        "tests": lists(
            objects(
                {
                    "score": NUMBER,
                    "max_score": NUMBER,
                    "status": {"enum": ["passed", "failed"]},
                    "name": TEXT,
                    "number": TEXT,
                    "output": TEXT,
                    "output_format": {"enum": ["text", "html", "simple_format", "md", "ansi"]},
                }
            )
        )
    },
    {"output": TEXT, "score": NUMBER},
)

# After the example in https://prairielearn.readthedocs.io/en/latest/externalGrading/#grading-results
PRAIRIELEARN = {
    "oneOf": [
        objects(
            {
                "gradable": {"const": True},
                "score": {"type": "number", "minimum": 0, "maximum": 1},
                "message": TEXT,
                "tests": lists(objects({"name": TEXT, "points": NUMBER, "max_points": NUMBER, "output": TEXT})),
            }
        ),
        objects({"gradable": {"const": False}, "format_errors": lists(TEXT), "message": TEXT}),
    ]
}

# After "The result.json contract" in the wiki of Classroom 50, page Advanced-Autograding.
URL, SCORE = {"type": "string", "pattern": "^https://"}, {"type": "integer", "minimum": 0}
CLASSROOM50 = objects(
    {
        "schema": {"const": "classroom50/result/v1"},
        "classroom": TEXT,
        "assignment": TEXT,
        "assignment_type": {"enum": ["individual", "group", "team"]},
        "owner": {"type": "string", "minLength": 1},
        "submission": {"type": "string", "pattern": "^submit/"},
        "commit": URL,
        "release": URL,
        "review": URL,
        "datetime": {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$"},
        "score": SCORE,
        "max-score": SCORE,
        "tests": lists(
            objects(
                {"test-name": TEXT, "passed": {"type": "boolean"}, "score": SCORE, "max-score": SCORE}, {"output": TEXT}
            )
        ),
    }
)

# After https://exercism.org/docs/building/tooling/test-runners/interface
EXERCISM = objects(
    {
        "version": {"const": 2},
        "status": {"enum": ["pass", "fail", "error"]},
        "tests": lists(objects({"name": TEXT, "status": {"enum": ["pass", "fail", "error"]}}, {"message": TEXT})),
    }
)


def tree(element: ElementTree.Element) -> dict:
    """An element in JSON, as JUNIT describes it."""
    return {"tag": element.tag, "attributes": element.attrib, "children": [tree(child) for child in element]}


def test_csv_has_a_row_for_each_submission():
    text = export.to_csv(rows(GRADES, STEPS, Marks({14: 3})), STEPS)
    jsonschema.validate(list(csv.DictReader(io.StringIO(text))), GRADES_CSV)
    first, ada, eve, bob = csv.reader(io.StringIO(text))
    assert first == ["submission", "points", "of", "step_02", "step_14", "error"]
    assert ada == ["ada", "4", "4", "1 of 1", "1 of 1", ""]
    assert eve[0].startswith("'=eve")  # no formula
    assert eve[1:] == ["0", "4", "0 of 3", "", ""]
    assert bob == ["bob", "0", "4", "", "", "holds no step_NN.py"]


def test_json_keeps_all_that_is_known():
    found = json.loads(export.to_json(rows(GRADES, STEPS), STEPS, Marks()))
    jsonschema.validate(found, GRADES_JSON)
    assert [each["submission"] for each in found["submissions"]] == [grade.name for grade in GRADES]
    told = [{name: value for name, value in step.to_json().items() if name != "seconds"} for step in EVE.steps]
    assert found["submissions"][1]["steps"] == told and found["most"] == 2


def test_junit_counts_what_failed():
    suites = ElementTree.fromstring(export.to_junit(GRADES))
    jsonschema.validate(tree(suites), JUNIT)
    ada, _, eve, bob = suites
    assert ada.attrib | {"name": ""} == {"name": "", "tests": "1", "failures": "0", "errors": "0", "skipped": "0"}
    assert [eve.get(name) for name in ("tests", "failures", "errors", "skipped")] == ["3", "1", "1", "1"]
    assert [[child.tag for child in case] for case in eve] == [["failure"], ["error"], ["skipped"]]
    assert "that is what you get when the mask is shifted" in eve[0][0].get("message")
    assert [bob.get(name) for name in ("tests", "failures", "errors", "skipped")] == ["1", "0", "1", "0"]
    assert bob[0][0].tag == "error" and bob[0][0].get("message") == BOB.error


def test_what_was_not_used_and_not_judged_stands_in_the_row():
    lost = step(2, check("it sees itself", "error", actual="killed by SIGKILL", lost=True))
    grade = Grade("ada", [lost], unused="step_1.py (expected step_01.py)")
    wanted = "step 02 could not be judged: killed by SIGKILL; found but not used: step_1.py (expected step_01.py)"
    (row,) = csv.DictReader(io.StringIO(export.to_csv(rows([grade], STEPS), STEPS)))
    assert (row["step_02"], row["error"]) == ("0 of 1", wanted)
    assert json.loads(export.to_json(rows([grade], STEPS), STEPS, Marks()))["submissions"][0]["error"] == wanted
    assert json.loads(export.to_gradescope(row_of(grade)))["output"] == wanted
    assert json.loads(export.to_prairielearn(row_of(grade)))["message"] == wanted


def row_of(grade: Grade, marks: Marks | None = None, **named) -> Row:
    (row,) = rows([grade], STEPS, marks)
    return replace(row, **named)


def test_gradescope():
    for grade in GRADES:
        jsonschema.validate(json.loads(export.to_gradescope(row_of(grade))), GRADESCOPE)
    found = json.loads(export.to_gradescope(row_of(ADA, Marks({14: 3}))))
    assert [(test["score"], test["max_score"], test["status"]) for test in found["tests"]] == [
        (1, 1, "passed"),
        (3, 3, "passed"),
    ]
    assert "score" not in found  # it is their sum
    second, missing = json.loads(export.to_gradescope(row_of(EVE)))["tests"]
    assert second["score"] == 0 and "the mask is shifted" in second["output"]
    assert missing["output"] == "step_14.py was not handed in"
    assert json.loads(export.to_gradescope(row_of(BOB)))["output"] == BOB.error


def test_gradescope_hears_what_is_late():
    found = json.loads(export.to_gradescope(row_of(ADA, lateness=Lateness(1, 0.5, "1 day late"))))
    jsonschema.validate(found, GRADESCOPE)
    assert found["score"] == 1 and found["output"] == "1 day late: 1 points less"


def test_prairielearn():
    for grade in GRADES:
        jsonschema.validate(json.loads(export.to_prairielearn(row_of(grade))), PRAIRIELEARN)
    found = json.loads(export.to_prairielearn(row_of(Grade("ada", ADA.steps[1:]), Marks({14: 3}))))
    assert found["gradable"] and found["score"] == 0.75
    assert [(test["points"], test["max_points"]) for test in found["tests"]] == [(0, 1), (3, 3)]
    assert json.loads(export.to_prairielearn(row_of(BOB)))["format_errors"] == [BOB.error]


def test_classroom50_scores_are_whole_numbers():
    found = json.loads(export.to_classroom50(row_of(ADA, Marks({14: 3}))))
    assert (found["score"], found["max-score"]) == (4, 4)
    assert [(test["passed"], test["score"], test["max-score"]) for test in found["tests"]] == [
        (True, 1, 1),
        (True, 3, 3),
    ]
    partly = row_of(Grade("ada", [step(2, *(check("it does", each) for each in ("passed", "failed", "failed")))]))
    found = json.loads(export.to_classroom50(replace(partly, marks=Marks(partial=True))))
    assert [found["score"], found["max-score"], found["tests"][0]["score"]] == [33, 200, 33]
    for grade in GRADES:
        part = {name: CLASSROOM50["properties"][name] for name in ("score", "max-score", "tests")}
        jsonschema.validate(json.loads(export.to_classroom50(row_of(grade))), objects(part))


def test_exercism():
    for each in (*ADA.steps, *EVE.steps):
        jsonschema.validate(json.loads(export.to_exercism(each)), EXERCISM)
    assert json.loads(export.to_exercism(ADA.steps[0]))["status"] == "pass"
    found = json.loads(export.to_exercism(EVE.steps[0]))
    assert found["status"] == "fail" and [test["status"] for test in found["tests"]] == ["fail", "error", "fail"]


def test_nothing_steers_a_terminal():
    texts = [export.to_csv(rows(GRADES, STEPS), STEPS), export.to_junit(GRADES), export.to_exercism(EVE.steps[0])]
    texts += [made(row_of(EVE)) for made in PLATFORMS.values()]
    assert not any(sign in text for text in texts for sign in ("\x1b", "\u202e", "\\u001b", "\\u202e"))


@pytest.mark.parametrize("text", ["".join(map(chr, range(start, start + 4096))) for start in range(0, 0x11000, 4096)])
def test_no_character_spoils_a_file(text):
    grade = Grade(text, [step(2, check(text, "failed", expected=text, actual=text))], text)
    ElementTree.fromstring(export.to_junit([grade]).encode())
    header, row = csv.reader(io.StringIO(export.to_csv(rows([grade], STEPS), STEPS)))
    assert len(header) == len(row)


@pytest.mark.parametrize("start", ["", " ", "\t", "\u00a0", "\u200c", "\ufeff"])
@pytest.mark.parametrize("sign", "=+-@＝＋－＠")
def test_no_name_is_a_formula(start, sign):
    text = export.to_csv(rows([Grade(f"{start}{sign}1+1", [], f"{start}{sign}1+1")], STEPS), STEPS)
    row = list(csv.reader(io.StringIO(text)))[1]
    assert row[0].startswith("'") and row[-1].startswith("'")


@pytest.mark.parametrize(
    "name", ["علی\u200cرضا", "ශ්\u200dරී", "Zoë\u00a0Łukasz", "山田\u3000太郎", "\u200fדנה", "a\u200bb"]
)
def test_names_are_written_as_they_are_spelled(name, tmp_path):
    publish(rows([Grade(name, [])], STEPS), STEPS, Marks(), tmp_path)
    content = (tmp_path / "grades.csv").read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")  # by which Excel knows UTF-8
    (row,) = csv.DictReader(io.StringIO(content.decode("utf-8-sig")))
    assert row["submission"] == name
