"""Beam search finds what transformers finds, and what greedy decoding misses."""

import numpy as np
import pytest

from course.curriculum.steps import ROOT, STORYTELLER
from gpt2.beam import Beam, beam_search
from gpt2.checkpoint import open_checkpoint
from gpt2.generator import Generator
from gpt2.loading import load_cached_model
from gpt2.tokenizer import load_tokenizer
from solutions.solution_01 import GPT2Config

END = 3


class TableModel:
    """Stands in for a ``CachedModel`` of four tokens: what follows a text is in a table, or else all are alike."""

    config = GPT2Config(vocab_size=4, n_positions=8)

    def __init__(self, table):
        self._table = table

    def start(self, prompts, capacity):
        texts = [tuple(prompt) for prompt in prompts]
        return self._logits(texts), texts

    def extend(self, ids, cache):
        cache[:] = [(*text, *new) for text, new in zip(cache, ids.tolist(), strict=True)]
        return self._logits(cache)

    def select(self, cache, rows):
        return [cache[row] for row in rows]

    def _logits(self, texts):
        return np.log([self._table.get(text, (0.25,) * 4) for text in texts])


def found(beams):
    return [(beam.ids, pytest.approx(np.exp(beam.logprob))) for beam in beams]


def test_a_less_likely_token_may_begin_the_likelier_text():
    model = TableModel({(0,): (0.5, 0.4, 0.05, 0.05), (0, 1): (0.02, 0.02, 0.9, 0.06)})
    assert found(beam_search(model, [0], 1, 2, (END,))) == [([0, 0], 0.125)]
    assert found(beam_search(model, [0], 2, 2, (END,))) == [([1, 2], 0.36), ([0, 0], 0.125)]


def test_a_text_that_ends_is_kept_and_does_not_grow():
    """The shorter one is likelier as a whole, but the tokens of the longer one are likelier by their mean."""
    model = TableModel(
        {(0,): (0.01, 0.68, 0.01, 0.3), (0, 1): (0.3, 0.3, 0.05, 0.35), (0, 1, 0): (0.97, 0.01, 0.01, 0.01)}
    )
    beams = beam_search(model, [0], 2, 3, (END,))
    assert [beam.ids for beam in beams] == [[1, END], [END]]
    assert [beam.score for beam in beams] == pytest.approx([np.log(0.68 * 0.35) / 2, np.log(0.3)])


def test_what_ends_leaves_its_place_to_what_goes_on():
    """In the second step the third likeliest text ends, too late to count; the fourth grows, and is the best."""
    table = {(0,): (0.5, 0.5, 0.0, 0.0), (0, 0): (0.6, 0.0, 0.0, 0.4), (0, 1): (0.2, 0.15, 0.3, 0.35)}
    table |= {(0, 0, 0): (0.25, 0.25, 0.25, 0.25), (0, 1, 2): (0.0, 1.0, 0.0, 0.0)}
    beams = beam_search(TableModel({text: np.maximum(row, 1e-9) for text, row in table.items()}), [0], 2, 3, (END,))
    assert [beam.ids for beam in beams] == [[1, 2, 1], [0, END]]


def test_at_the_limit_the_texts_that_grow_count_too():
    model = TableModel({(0,): (0.4, 0.1, 0.1, 0.4), (0, 0): (0.6, 0.01, 0.01, 0.38)})
    assert [beam.ids for beam in beam_search(model, [0], 2, 2, (END,))] == [[0, 0], [END]]


def test_the_search_ends_with_as_many_texts_as_there_are_beams():
    """Even though one that still grows has a higher score."""
    model = TableModel(
        {(0,): (0.4, 0.1, 0.1, 0.4), (0, 0): (0.6, 0.01, 0.01, 0.38), (0, 0, 0): (0.97, 0.01, 0.01, 0.01)}
    )
    assert [beam.ids for beam in beam_search(model, [0], 2, 3, (END,))] == [[END], [0, END]]


def test_without_an_end_of_text_all_beams_grow_to_the_limit():
    beams = beam_search(TableModel({}), [0], 3, 4, ())
    assert [len(beam.ids) for beam in beams] == [4, 4, 4]
    assert len({tuple(beam.ids) for beam in beams}) == 3


def test_where_there_are_fewer_texts_than_beams_all_are_found():
    assert [beam.ids for beam in beam_search(TableModel({}), [0], 9, 1, (END,))] == [[END], [0], [1], [2]]


def test_a_logit_that_is_no_number_is_named():
    with pytest.raises(ValueError, match="the logit of token 2 is nan"):
        beam_search(TableModel({(0,): (0.4, 0.1, np.nan, 0.4)}), [0], 2, 3, (END,))


@pytest.mark.parametrize("case", [0, 1, 2])
def test_texts_and_scores_are_those_of_transformers(case, device):
    """tools/text_fixtures.py wrote them down: in the first case no text has ended, in the others all have."""
    checkpoint = open_checkpoint(STORYTELLER)
    (end,) = checkpoint.eos_token_ids
    with np.load(ROOT / "tests" / "fixtures" / "beams.npz") as arrays:
        prompt, texts, scores = (arrays[f"{name}_{case}"].tolist() for name in ("prompt", "texts", "scores"))
    expected = [text[: text.index(end) + 1] if end in text else text for text in texts]
    beams = beam_search(load_cached_model(checkpoint, device), prompt, 4, 30, (end,))
    assert [beam.ids for beam in beams] == expected
    assert [beam.score for beam in beams] == pytest.approx(scores, abs=1e-4)


def test_the_score_is_the_mean_of_the_tokens():
    assert Beam([1, 2, 3, 4], -6.0).score == -1.5


# As the generator offers it


@pytest.fixture(scope="module")
def writer(device):
    checkpoint = open_checkpoint(STORYTELLER)
    tokenizer = load_tokenizer(checkpoint.folder, checkpoint.config.vocab_size)
    return Generator(load_cached_model(checkpoint, device), tokenizer, checkpoint.eos_token_ids)


def test_texts_come_with_their_scores(writer):
    (text, score), *others = writer.search("Once upon a time", beams=4, max_new_tokens=30)
    assert text == ", there was a curious boy named Leo who lived in a town with narrow streets. Every"
    assert score == pytest.approx(-0.3603, abs=1e-3)
    assert len(others) == 3 and all(score >= other for _, other in others)


def test_the_end_of_a_text_is_not_told(writer):
    (text, _), *_ = writer.search("He had learned that kindness is paid back with kindness", beams=2, max_new_tokens=9)
    assert text == "."


def test_the_context_window_is_the_limit(writer):
    ids = [11] * 250
    assert all(text for text, _ in writer.search(ids, beams=2, max_new_tokens=100))
    with pytest.raises(ValueError, match="the prompt has 256 tokens, which leaves no room in a context of 256"):
        writer.search([11] * 256, beams=2, max_new_tokens=1)


@pytest.mark.parametrize(
    ("prompt", "beams", "tokens", "message"),
    [
        ("", 2, 5, "the prompt is empty"),
        ([1024], 2, 5, "id 1024 in the prompt: expected a whole number from 0 to 1023"),
        ([1] * 257, 2, 5, "the prompt has 257 tokens, which leaves no room in a context of 256"),
        ("x", 0, 5, "beams 0: expected a whole number from 1 to 1023"),
        ("x", 1024, 5, "beams 1024: expected a whole number from 1 to 1023"),
        ("x", 2, 0, "max_new_tokens 0: expected a whole number, 1 or more"),
    ],
)
def test_what_cannot_be_is_refused(writer, prompt, beams, tokens, message):
    with pytest.raises(ValueError, match=message):
        writer.search(prompt, beams=beams, max_new_tokens=tokens)
