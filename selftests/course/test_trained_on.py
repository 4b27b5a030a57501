"""A prompt of words that the story model has never read gets a line about what it was trained on."""

import itertools
import re

import pytest

from course.curriculum.steps import ROOT, STORYTELLER
from course.writing.trained_on import ENOUGH, tell_of_unknown_words, unknown
from models.storyteller.training.stories import TRAINING_SEED, stories


@pytest.mark.parametrize(
    ("prompt", "words"),
    [
        ("Once upon a time", []),
        ("A little FOX named Pip", []),
        ("Hello world", ["Hello"]),
        ("Once upon a ti", []),  # which it can complete
        ("The ti was", ["ti"]),
        ("Python, Python und 7!", ["Python", "und"]),
        ("", []),
    ],
)
def test_words_that_are_in_no_story(prompt, words):
    assert unknown(prompt) == words


def test_the_stories_that_are_looked_through_have_all_words_of_ten_times_as_many():
    def words(count):
        return set().union(*(re.findall(r"[a-z]+", text.lower()) for text in first(count)))

    def first(count):
        return itertools.islice(stories(TRAINING_SEED), count)

    assert words(ENOUGH) == words(10 * ENOUGH)


def test_only_of_the_story_model_it_is_known(capsys, tmp_path):
    tell_of_unknown_words("Hello world", tmp_path)
    tell_of_unknown_words("Once upon a time", STORYTELLER)
    assert capsys.readouterr().err == ""
    tell_of_unknown_words("Hello world", STORYTELLER)
    assert "has never read Hello: it was trained on fairy tales" in " ".join(capsys.readouterr().err.split())


def test_prompts_in_the_readme_and_in_the_book_are_such_as_the_model_knows():
    """Those without --checkpoint, which are for the story model."""
    pages = [ROOT / "README.md", *(ROOT / "book" / "src").glob("*.md")]
    commands = [line for page in pages for line in re.findall(r"\./run generate .*", page.read_text(encoding="utf-8"))]
    prompts = [found[1] for line in commands if "--checkpoint" not in line and (found := re.search(r'"(.*?)"', line))]
    assert len(prompts) >= 3
    assert [word for prompt in prompts for word in unknown(prompt)] == []


def test_no_example_is_so_hot_that_the_story_model_stammers():
    pages = [ROOT / "README.md", *(ROOT / "book" / "src").glob("*.md")]
    text = "".join(page.read_text(encoding="utf-8") for page in pages)
    assert [value for value in re.findall(r"\./run generate .*--temperature ([\d.]+)", text) if float(value) > 1] == []
