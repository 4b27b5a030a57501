"""A text that takes a parser's time or memory, or ends it, costs an answer and nothing else."""

from dataclasses import replace

import pytest

from course.curriculum.steps import read_source, solution_path
from course.curriculum.todos import todo_lines
from course.grading import texts
from course.grading.pages import submission_page
from course.grading.similar import pairs
from course.grading.texts import Unread
from selftests.grading.examples import EVE, rows

DOTS = "import " + "a." * 65_000 + "a\n"
RIGHT = read_source(solution_path(2))


def test_differences_and_fingerprints_are_those_of_the_text():
    (part,) = texts.differences({2: RIGHT.replace("exclude=True", "exclude=False")})[2]
    assert [row.is_same for row in part.rows].count(False) == 1
    assert texts.differences({2: RIGHT}) == {2: []} and texts.prints({2: RIGHT}) == set()
    assert texts.differences({}) == {} and texts.prints({}) == set()


@pytest.fixture
def hasty(monkeypatch):
    """A reader that is allowed a quarter of a second, after it has started."""
    texts.prints({2: RIGHT})
    monkeypatch.setattr(texts, "SECONDS", 0.25)


def test_what_takes_too_long_is_left(hasty, monkeypatch):
    with pytest.raises(Unread, match=r"no answer within 0.25 s"):
        texts.differences({2: DOTS})
    monkeypatch.setattr(texts, "SECONDS", 30.0)
    assert texts.differences({2: RIGHT}) == {2: []}  # and nobody else suffers


def test_pages_and_pairs_do_without_it(hasty):
    page = submission_page(*rows([replace(EVE, sources={2: DOTS})], (2,)))
    assert "cannot be compared: no answer within 0.25 s" in page
    assert pairs({"ada": {2: DOTS}}) == []


def test_what_takes_too_much_memory_or_ends_the_process_is_left():
    with pytest.raises(Unread, match="crash"):
        texts._reader.ask("nothing that it knows", {2: ""})
    texts._reader.ask("prints", {2: ""})
    texts._reader.process.kill()
    with pytest.raises(Unread, match="crash"):
        texts.prints({2: ""})


@pytest.mark.parametrize(
    "text", ["x = 1;\r# c\n", "x = (\r1)\n", "\x0c\r\n\x1c", f"# TODO {'9' * 5000}: x\n", "\0", "\ufeffx", "(" * 9999]
)
def test_odd_texts_are_read_all_the_same(text):
    for source in (text, RIGHT + text):
        texts.differences({2: source})
        texts.prints({2: source})
        assert len(todo_lines(source)) <= 2
