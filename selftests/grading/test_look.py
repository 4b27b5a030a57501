"""The page of a class, of a submission and of one person's feedback in a browser: at two widths, light and dark."""

from dataclasses import replace

import pytest
from axe_playwright_python.sync_playwright import Axe

from course.grading.changes import Change
from course.grading.deadlines import Lateness, Moment
from course.grading.grade import Grade
from course.grading.gradebook import ABSENT, Row
from course.grading.marks import Marks
from course.grading.overrides import Override
from course.grading.pages import class_page, feedback_page, submission_page
from course.grading.roster import Person
from course.grading.similar import Pair
from selftests.book.conftest import browser  # noqa: F401
from selftests.grading.classes import STUDENTS
from selftests.grading.examples import ADA, BOB, EVE

STEPS = tuple(range(1, 15))
GRADES = (ADA, replace(EVE, name="eve", sources={2: "x = 1\n"}), BOB)
LATE = Lateness(1, 0.5, "late; Canvas does not say how late")


def row(number: int) -> Row:
    student = STUDENTS[number]
    person = Person(student.id, student.name, student.email, section=student.section)
    if number > 17:
        return Row(student.id, Grade(student.id, [], ABSENT), Marks(), STEPS, person, number=0, attempts=0)
    overrides = (Override(student.id, 8, 0.5, "half right"),) * (number % 5 == 0)
    grade = replace(GRADES[number % 3], name=student.id)
    return Row(
        student.id,
        grade,
        Marks(),
        STEPS,
        person,
        Moment(None, "Canvas", True),
        LATE,
        overrides=overrides,
        file=student.id,
    )


ROWS = [row(number) for number in range(20)]
PAGES = {
    "class": class_page(ROWS, STEPS, [Pair("1001", "1002", 0.75)], [Change("Ada Lovelace (1001)", 1, 2, ("new",))]),
    "submission": submission_page(ROWS[1]),
    "feedback": feedback_page(ROWS[1], with_solution=False),
}


@pytest.mark.parametrize(("width", "scheme"), [(360, "light"), (1280, "dark")])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_fits_and_axe_finds_no_violation(browser, tmp_path, name, width, scheme):  # noqa: F811
    (tmp_path / "page.html").write_text(PAGES[name])
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page = context.new_page()
    errors = []
    page.on("console", lambda message: message.type == "error" and errors.append(message.text))
    page.goto((tmp_path / "page.html").as_uri())
    page.evaluate("document.querySelectorAll('details').forEach((folded) => (folded.open = true))")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    found = Axe().run(page, options={"resultTypes": ["violations"], "preload": False}).response["violations"]
    assert [(each["id"], node["target"], node["failureSummary"]) for each in found for node in each["nodes"]] == []
    assert errors == []
    context.close()
