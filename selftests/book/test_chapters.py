"""Chapters say how long they take and where in the model they are, ask a quiz, and lead to the glossary."""

import re

import pytest

from book.chapters import DIFFICULTIES, EFFORTS, opening
from book.directives import expand
from book.glossary import link_terms, terms
from book.pages import read_pages
from book.quiz import QuizError, read_quiz
from book.terminal_colours import STYLES, plain, to_html
from course.curriculum.steps import ROOT, STEPS
from course.terminal.console import COLORS

QUIZZES = ROOT / "book" / "quizzes"


def test_every_chapter_says_how_long_it_takes_and_how_hard_it_is():
    assert set(EFFORTS) == set(STEPS)
    assert all(5 <= effort.minutes <= 120 and effort.difficulty in DIFFICULTIES for effort in EFFORTS.values())


@pytest.mark.parametrize("step", STEPS)
def test_you_are_here_marks_the_parts_of_the_step_and_leads_to_the_others(step):
    links = re.findall(r'href="step_(\d\d)\.html"( aria-current="step")?', opening(step))
    assert {int(number) for number, _ in links} == set(STEPS)
    assert {int(number) for number, here in links if here} == {step}


@pytest.mark.parametrize("step", STEPS)
def test_every_chapter_begins_with_its_opening_and_ends_with_a_quiz_and_a_bug(step):
    page = (ROOT / f"book/src/step_{step:02}.md").read_text(encoding="utf-8")
    assert page.split("\n\n")[1] == "{{#here}}"
    assert "\n## Quiz\n\n{{#quiz}}\n\n## Questions\n" in page
    assert len(read_quiz(QUIZZES / f"step_{step:02}.toml")) >= 2
    assert "\n## Find the bug\n\n{{#debug}}\n\n## Next\n" in page


def test_the_right_answer_is_not_always_in_the_same_place():
    places = {question.place for path in QUIZZES.glob("*.toml") for question in read_quiz(path)}
    assert places >= {0, 1, 2}


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ('[["b", "c"]]', "expected three different answers"),
        ('[["b", "c"], ["a", "d"]]', "expected three different answers"),
        ('[["b", ""], ["d", "e"]]', "does not say why"),
    ],
)
def test_a_quiz_that_is_none_is_refused(tmp_path, wrong, why):
    path = tmp_path / "step_01.toml"
    path.write_text(f'[[question]]\ntext = "?"\nright = ["a", "b"]\nwrong = {wrong}\n')
    with pytest.raises(QuizError, match=f"step_01.toml, question 1: .*{why}"):
        read_quiz(path)


def test_a_step_without_a_quiz_is_a_fault(copy):
    (copy / "book/quizzes/step_03.toml").unlink()
    assert "no quiz" in expand("{{#quiz}}", "step_03.md", copy)[1][0]


def test_terms_are_linked_once_and_in_running_text_only():
    page = "# A softmax\n\n`softmax`, [softmax](a.md), $softmax$, <b title='softmax'>Softmax</b>, softmax.\n\n"
    page += "```\nsoftmax\n```\n"
    expected = page.replace(">Softmax<", '><a class="term" href="glossary.html#softmax">Softmax</a><')
    assert link_terms(page, "a.md", ROOT) == expected
    assert 'href="glossary.html#logit">logits</a>' in link_terms("The logits.", "a.md", ROOT)
    assert link_terms("Tokenizers and subtokens", "a.md", ROOT).count("<a ") == 1
    assert link_terms("A softmax.", "glossary.md", ROOT) == "A softmax."


def test_every_term_is_a_heading_of_the_glossary_and_is_used():
    (glossary,) = (page for page in read_pages(ROOT) if page.name == "glossary.md")
    assert set(terms(ROOT).values()) <= glossary.anchors and len(terms(ROOT)) > 30
    pages = "".join(expand(page.text, page.name)[0] for page in read_pages(ROOT) if page is not glossary)
    assert [term for term, name in terms(ROOT).items() if f"glossary.html#{name}" not in pages] == []
    assert list(terms(ROOT)) == sorted(terms(ROOT))


def test_the_skeletons_have_line_numbers():
    for step in STEPS:
        page = (ROOT / f"book/src/step_{step:02}.md").read_text(encoding="utf-8")
        assert page.count("```python,numbered\n{{#include ../../steps/") == 1


def test_a_terminal_has_the_colours_that_were_recorded():
    line = to_html("\x1b[1;38;5;160mNot yet:\x1b[0m 2 < 3 \x1b[2mfew\x1b[0m")
    assert line == '<i class="t-bold t-red">Not yet:</i> 2 &lt; 3 <i class="t-dim">few</i>'
    assert plain("\x1b[38;5;28m✓\x1b[0m yes") == "✓ yes"
    with pytest.raises(ValueError, match="the style 35 of 'x' is not known"):
        to_html("\x1b[35mx")


def test_every_colour_of_the_terminal_is_known():
    for name in ("green", "red", "yellow", "cyan"):
        assert STYLES[f"38;5;{COLORS.styles[name].color.number}"] == name
