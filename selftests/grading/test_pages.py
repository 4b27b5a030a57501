"""The pages show what was found, and nothing that a submission says becomes a part of them."""

from dataclasses import replace
from html.parser import HTMLParser

from course.curriculum.steps import read_source, solution_path
from course.grading.changes import Change
from course.grading.grade import Grade
from course.grading.pages import DIFF_LIMIT, class_page, pair_page, submission_page
from course.grading.similar import Pair
from selftests.grading.examples import ADA, BOB, EVE, EVIL, GRADES, rows

ROWS = rows(GRADES, (2, 14))


def page_of(grade: Grade) -> str:
    return submission_page(*rows([grade], (2, 14)))


class Reader(HTMLParser):
    """The tags of a page, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += data


def assert_harmless(page: str) -> Reader:
    reader = Reader(page)
    assert {tag for tag, _ in reader.tags}.isdisjoint({"script", "img", "iframe", "link", "object", "form"})
    assert not any(name.startswith("on") or name == "src" for _, attributes in reader.tags for name in attributes)
    assert "\x1b" not in page and "\u202e" not in page
    return reader


def test_a_submission_with_its_checks_mistakes_and_diff():
    source = read_source(solution_path(2)).replace("exclude=True)", f"exclude=False)  # {EVIL}\n    x = {EVIL!r}")
    reader = assert_harmless(page_of(replace(EVE, sources={2: source})))
    assert "That is what you get when the mask is shifted." in reader.text
    assert "step_02.py, line 3:" in reader.text and "Beside the solution" in reader.text
    assert "exclude=False" in reader.text and "exclude=True" in reader.text
    assert "<script>alert(1)</script>" in reader.text  # as a text


def test_what_is_right_is_not_compared():
    assert "Beside the solution" not in page_of(replace(ADA, sources={2: "", 14: ""}))


def test_a_file_that_is_too_long_is_not_compared():
    page = page_of(replace(EVE, sources={2: "x = 1\n" * (DIFF_LIMIT + 1)}))
    assert "too long to be compared" in page


def test_a_submission_that_cannot_be_read():
    assert BOB.error in assert_harmless(page_of(BOB)).text


def test_the_class_with_its_points_map_mistakes_and_pairs():
    page = class_page(ROWS, (2, 14), [Pair("ada", EVE.name, 0.75, {2: 0.875})], [Change("ada", 1, 2, (EVIL,))])
    reader = assert_harmless(page)
    links = [attributes["href"] for tag, attributes in reader.tags if tag == "a"]
    assert links == [*(f"pages/{row.file}.html" for row in ROWS), "alike/pair-001.html"]
    assert "ada: 1 → 2: <script>alert(1)</script>" in reader.text
    cells = [attributes["class"] for tag, attributes in reader.tags if tag == "td" and "title" in attributes]
    # it sees itself, it sees the past, it is there, it samples; of ada, eve and bob
    assert cells == [
        *("passed", "failed", "missing"),
        *("missing", "error", "missing"),
        *("missing", "skipped", "missing"),
        *("passed", "missing", "missing"),
    ]
    assert "the mask is shifted" in reader.text and "75 %" in reader.text and "02: 88 %" in reader.text


def test_a_pair_side_by_side():
    pair = Pair("ada", "eve", 0.75, {2: 0.875}, {2: [("x = 1", f"y = 1  # {EVIL}")]})
    reader = assert_harmless(pair_page(pair, ["Ada", EVE.name]))
    assert "75 % alike as a whole; step 02: 88 %" in reader.text and "x = 1" in reader.text and "y = 1" in reader.text
