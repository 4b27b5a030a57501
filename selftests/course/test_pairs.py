"""Two mistakes at once: which pairs there are, and what they are called."""

import sys

import pytest

from course.curriculum.catalogue import read_mistakes
from tools import pairs as tool
from tools.pairs import observed, pairs, predicted


@pytest.mark.parametrize("step", [1, 8])
def test_a_pair_is_two_mistakes_with_names_of_their_own_in_one_file(step):
    found = list(pairs(step))
    assert len({frozenset((one.id, other.id)) for (one, other), _ in found}) == len(found)
    for (one, other), source in found:
        assert one.title != other.title
        assert all(new in source for _, new in one.edits + other.edits), (one.id, other.id)
    overlapping = [each for each in read_mistakes(step) if all(each not in pair for pair, _ in found)]
    assert len(overlapping) < len(read_mistakes(step)) / 2


def test_a_pair_in_different_checks_is_called_by_both_names(device):
    pair, source = next((pair, source) for pair, source in pairs(1) if len(predicted(pair)) == 2)
    assert observed(pair, source) == predicted(pair) == {mistake.title for mistake in pair}


def test_a_name_is_false_where_it_is_of_neither(monkeypatch, capsys):
    told = iter([{"a third one"}, {read_mistakes(1)[0].title, "a third one"}])
    monkeypatch.setattr(tool, "predicted", lambda pair: next(told, {pair[1].title}))
    monkeypatch.setattr(sys, "argv", ["pairs", "--predict", "1"])
    tool.main()
    count = len(list(pairs(1)))
    assert capsys.readouterr().out.splitlines() == [
        f"step 01: {count} of {count} pairs, {count - 1} get a true name, 2 a false one",
        f"all: {count} pairs, {count - 1} get a true name, 2 a false one",
    ]
