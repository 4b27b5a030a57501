"""A quiz in a browser: it judges an answer, says why, and knows it again; the lines of a skeleton are numbered."""

from axe_playwright_python.sync_playwright import Axe

from book.quiz import read_quiz
from course.curriculum.steps import ROOT

(FIRST, *_) = read_quiz(ROOT / "book/quizzes/step_08.toml")


def test_a_quiz_judges_an_answer_and_remembers_it(visit):
    with visit("step_08.html") as it:
        form = it.page.locator("form.quiz").first
        verdict = form.locator("[role=status]")
        right, wrong, *_ = FIRST.answers
        form.get_by_label(wrong.text).check()
        assert verdict.inner_text() == f"✗ Not quite. {wrong.why}"
        form.get_by_label(right.text).check()
        assert verdict.inner_text() == f"✓ Right. {right.why}"
        it.page.reload()
        assert form.get_by_label(right.text).is_checked()
        assert verdict.inner_text() == f"✓ Right. {right.why}"
        assert it.errors == []


def test_a_skeleton_has_a_number_for_each_line_and_the_page_no_violation(visit):
    with visit("step_08.html") as it:
        lines = (ROOT / "steps/step_08.py").read_text(encoding="utf-8").splitlines()
        numbers = it.page.locator(".line-numbers").inner_text().split()
        assert numbers == [str(number) for number in range(1, len(lines) + 1)]
        violations = (
            Axe().run(it.page, options={"resultTypes": ["violations"], "preload": False}).response["violations"]
        )
        assert [(v["id"], node["target"]) for v in violations for node in v["nodes"]] == []
