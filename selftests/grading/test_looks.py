"""The pages of a class, a person and a pair in a real browser: on a phone and on a desk, in light and dark."""

from dataclasses import replace
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe

from course.curriculum.steps import read_source, solution_path
from course.grading import publish
from course.grading.grade import Grade
from course.grading.gradebook import Row
from course.grading.marks import Marks
from course.grading.overrides import Override
from course.grading.roster import Person
from selftests.grading import classes
from selftests.grading.examples import EVIL, check, step
from selftests.grading.test_similar import ADA, COPY

STEPS = tuple(range(1, 15))
LONG = "ValueError: " + "a_very_long_name_without_a_place_to_break_" * 6
VIEWS = [(width, scheme) for width in (360, 1280) for scheme in ("light", "dark")]


def grade_of(student: classes.Student, number: int) -> Grade:
    """Some of everything: what passes, fails, breaks, is not done and was not handed in."""
    steps = []
    sources = {}
    for each in STEPS:
        if (each + number) % 9 == 0:
            continue
        status = ("passed", "passed", "failed", "error", "skipped")[(each * number) % 5]
        wrong = {} if status == "passed" else {"expected": "[[0.1, 0.2]]", "actual": LONG, "help": "Look at the axis."}
        mistake = {"mistake": "the mask is shifted by one"} if status == "failed" else {}
        trace = [{"file": f"step_{each:02}.py", "line": 3, "code": LONG + EVIL}] if status == "error" else []
        first = check("the values are those of the formula", status, trace=trace, **wrong, **mistake)
        steps.append(step(each, first, check("what comes out has the shape of what went in", "passed")))
        sources[each] = read_source(solution_path(each)).replace("scores", f"scores_{number}_{'long_' * 20}")
    return Grade(student.id, steps, sources=sources | ({14: ADA} if number == 3 else {14: COPY} if number == 5 else {}))


@pytest.fixture(scope="module")
def grades(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pages of a class of twenty."""
    folder = tmp_path_factory.mktemp("grades")
    rows = []
    for number, student in enumerate(classes.STUDENTS):
        person = Person(student.id, student.name, student.email, section=student.section)
        given = (Override(student.id, 8, 1.0, "Talked about it"),) if number == 4 else ()
        if student.id in classes.ABSENT:
            row = Row(
                student.id, Grade(student.id, [], "handed in nothing"), Marks(), STEPS, person, number=0, attempts=0
            )
        else:
            row = Row(student.id, grade_of(student, number), Marks(), STEPS, person, overrides=given, file=student.id)
        rows.append(row)
    odd = Grade("odd", [], f"cannot be read: {LONG}")
    rows.append(
        replace(rows[0], name="odd", grade=odd, person=None, is_in_roster=False, file="odd", note="not in the roster")
    )
    publish.publish(rows, STEPS, Marks(), folder, with_solution=True)
    publish.publish(rows[1:], STEPS, Marks(), folder, with_solution=True)  # in which something has changed
    return folder


@pytest.fixture(
    scope="module",
    params=["index.html", "pages/1004.html", "pages/odd.html", "feedback/1004.html", "alike/pair-001.html"],
)
def name(request) -> str:
    return request.param


@pytest.fixture(scope="module", params=VIEWS, ids=lambda view: f"{view[1]}-{view[0]}")
def it(request, open_page, grades, name):
    width, scheme = request.param
    with open_page(f"{grades.as_uri()}/", name, width, color_scheme=scheme) as opened:
        opened.page.evaluate("document.querySelectorAll('details').forEach((folded) => (folded.open = true))")
        yield opened


def test_a_page_opens_without_an_error_and_asks_nothing_of_others(it):
    assert it.page.locator("h1").count() == 1 and it.errors == [] and it.strangers == []


def test_nothing_sticks_out(it):
    width, room = it.page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    assert width <= room


def test_axe_finds_no_violation(it):
    violations = Axe().run(it.page, options={"resultTypes": ["violations"], "preload": False}).response["violations"]
    assert [(v["id"], node["target"], node["failureSummary"]) for v in violations for node in v["nodes"]] == []


def test_links_lead_to_pages_that_are_there(it):
    links = it.page.eval_on_selector_all("a[href]", "all => all.map((link) => link.href)")
    places = {Path(link.removeprefix("file://").partition("#")[0]) for link in links}
    assert [place for place in places if not place.is_file()] == []
