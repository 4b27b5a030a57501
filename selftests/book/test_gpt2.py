"""GPT-2 in JavaScript (book/play/gpt2/), in a real browser, from a web server and from files: ids, logits, texts and
attention are those of `tokenizers`, of the engine, and of step 08."""

import random
from pathlib import Path

import numpy as np
import pytest
from max.driver import CPU

from course.curriculum.steps import STORYTELLER
from gpt2.checkpoint import open_checkpoint
from gpt2.loading import load_cached_model
from gpt2.tokenizer import load_tokenizer

STRINGS = 1000
NEW_TOKENS = 200
PIECES = [
    *(
        "Once upon a time",
        " the fox",
        "lived",
        "I'll",
        "they've",
        "don't",
        "'s",
        "'S",
        "’s",
        "naïve",
        "Straße",
        "e\u0301",
    ),
    *(
        "0",
        "42",
        " 1,234.5",
        "½",
        "٣",
        "Ⅷ",
        "²",
        "x1y2",
        "!?",
        "...",
        " --",
        "\\",
        "_",
        "$",
        "<|endoftext|>",
        "<|endoftext",
    ),
    *(
        " ",
        "  ",
        "     ",
        "\n",
        "\r\n",
        "\r",
        "\t",
        "\v",
        "\f",
        "\u00a0",
        "\u0085",
        "\u2003",
        "\u2028",
        "\u3000",
        "\ufeff",
        "\u200b",
    ),
    *(
        "🙂",
        "👩‍👩‍👧‍👦",
        "🇩🇪",
        "👍🏽",
        "☃️",
        "日本語",
        "한국어",
        "العربية",
        "ไทย",
        "हिन्दी",
        "𝒳",
        "𐍈",
        "\ue000",
        "\ufffd",
        "\0",
        "\x7f",
    ),
]
TEXTS = [
    "Once upon a time",
    "A little fox named Pip lost his way, and he was afraid of the dark.",
    '"Why do you fight?" asked the old owl.\n\n"Because he took my nut," said the squirrel.',
    "<|endoftext|>",
    "<|endoftext|>One day, a girl",
    "The the the the the the the the the the the the the the the",
    "x",
    " ",
    "\r\n\r\n",
    "🙂 and 👩‍👩‍👧‍👦",
    "日本語",
    "3.14159265358979323846",
    "I'll say they've gone; don't you?",
    "ALL IN CAPITALS, AND LOUD!",
    "def forward(self, x): return self.c_proj(gelu(self.c_fc(x)))",
    "A squirrel named Luna lived by the sea. Every morning, she",
    "He had learned that" * 12,
    "From then on, she" + " and she" * 40,
    "a" * 100,
    "one two three four five six seven eight nine ten " * 5,
]


def strings() -> list[str]:
    """The same thousand every time; every piece is in some of them."""
    rng = random.Random(13)
    drawn = ["".join(rng.choices(PIECES, k=rng.randint(1, 12))) for _ in range(STRINGS // 2)]
    assert all(piece in "".join(drawn) for piece in PIECES)
    # Any sign that there is: below U+0800, below U+10000, or any, but for the halves of UTF-16.
    while len(drawn) < STRINGS:
        last = rng.choice((0x7FF, 0xFFFF, 0x10FFFF))
        signs = [chr(code) for code in (rng.randint(0, last) for _ in range(8)) if not 0xD800 <= code <= 0xDFFF]
        drawn.append("".join(sign + rng.choice(("", " ", "a")) for sign in signs))
    return ["", *drawn[1:]]


@pytest.fixture(scope="module")
def checkpoint():
    return open_checkpoint(STORYTELLER)


@pytest.fixture(scope="module")
def tokenizer(checkpoint):
    return load_tokenizer(checkpoint.folder, checkpoint.config.vocab_size)


@pytest.fixture(scope="module")
def engine(checkpoint):
    return load_cached_model(checkpoint, CPU())


@pytest.fixture(scope="module", params=["server", "files"])
def ask(request, visit, site, html: Path):
    """Asks the worker of a page of the book a question, about each of some values: a list of answers."""
    home = {"server": site, "files": f"{html.as_uri()}/"}[request.param]
    with visit("introduction.html", home=home) as it:
        it.page.evaluate("storyteller.open(() => {}).then(() => null)")
        ask = "([call, all]) => Promise.all(all.map((each) => storyteller.ask(call, ...each)))"
        yield lambda call, *each: it.page.evaluate(ask, [call, each])
        assert it.errors == [] and it.strangers == []


def numbers(array) -> np.ndarray:
    """A typed array, which Playwright gives as an object of its numbers."""
    return np.array(list(array.values()) if isinstance(array, dict) else array)


def engine_logits(engine, ids) -> np.ndarray:
    """[seq_length, vocab_size]"""
    logits, cache = engine.start([ids[:1]], len(ids))
    rows = [logits[0]]
    for token in ids[1:]:
        rows.append(engine.extend(np.array([[token]]), cache)[0])
    return np.array(rows)


@pytest.fixture(scope="module")
def expected_probabilities(engine, tokenizer):
    """Of the tokens of a text: None, then what the engine says."""

    def expected(ids) -> list[float | None]:
        logits = engine_logits(engine, ids).astype(np.float64)
        shares = np.exp(logits) / np.exp(logits).sum(axis=-1, keepdims=True)
        return [None, *(shares[i - 1, ids[i]] for i in range(1, len(ids)))]

    return expected


def assert_probabilities(answer, expected) -> None:
    assert answer["probabilities"][0] is None  # nothing comes before the first
    np.testing.assert_allclose(answer["probabilities"][1:], expected[1:], atol=1e-5)


def test_all_tokens_of_the_first_text_have_their_probabilities(ask, tokenizer, expected_probabilities):
    """Asked first: the worker has read this text by itself when it opened, to warm up."""
    ids = tokenizer.encode("Once upon a time").ids
    [answer] = ask("read", [ids])
    assert_probabilities(answer, expected_probabilities(ids))


def test_ids_are_those_of_tokenizers(ask, tokenizer):
    texts = strings()
    assert len(texts) == STRINGS
    encoded = ask("encode", *([text] for text in texts))
    wrong = [text for text, ids in zip(texts, encoded, strict=True) if ids != tokenizer.encode(text).ids]
    assert wrong == []


def test_decoding_gives_the_text_back(ask, tokenizer):
    texts = [text for text in strings()[:100] if len(text) < 20]
    read = ask("read", *([tokenizer.encode(text).ids] for text in texts))
    assert [answer["text"] for answer in read] == texts


def test_logits_are_the_engine_s(ask, engine, tokenizer):
    assert len(TEXTS) == 20
    for text in TEXTS:
        ids = tokenizer.encode(text).ids
        expected = engine_logits(engine, ids)
        scores = ask("scores", *([ids, position] for position in range(len(ids))))
        ours = np.array([numbers(row) for row in scores])
        assert np.abs(expected).max() > 5  # so that the accuracy means something
        np.testing.assert_allclose(ours, expected, rtol=0, atol=1e-4, err_msg=repr(text))


def test_greedy_tokens_are_the_engine_s(ask, engine, tokenizer):
    ids = tokenizer.encode("Once upon a time").ids
    ours = list(ids)
    for _ in range(NEW_TOKENS):
        [scores] = ask("scores", [ours, len(ours) - 1])
        ours.append(int(numbers(scores).argmax()))
    logits, cache = engine.start([ids], len(ids) + NEW_TOKENS)
    for _ in range(NEW_TOKENS):
        ids.append(int(logits[0].argmax()))
        logits = engine.extend(np.array([ids[-1:]]), cache)
    assert ours == ids


@pytest.mark.parametrize("text", TEXTS[1:4])
def test_attention_is_that_of_step_08(ask, text):
    from book.pictures.storyteller import attention, encode

    ids = encode(text)
    expected = np.stack([layer.weights for layer in attention(ids)])  # [n_layer, n_head, seq, seq]
    ask("read", [ids[0, :1].tolist()])  # a part comes from the cache
    positions = range(ids.shape[1])
    answers = ask("attention", *([ids[0].tolist(), position] for position in positions))
    for position, layers in zip(positions, answers, strict=True):
        ours = [[numbers(head) for head in layer] for layer in layers]
        np.testing.assert_allclose(ours, expected[:, :, position, : position + 1], rtol=0, atol=1e-5)


def test_a_token_s_probability_is_what_the_model_gave_it_before(ask, tokenizer, expected_probabilities):
    ids = tokenizer.encode(TEXTS[1]).ids
    edited = [*ids[:3], ids[0], *ids[4:]]
    _, read, cut, first = ask("read", [edited], [ids], [ids[:5]], [ids[1:2]])
    assert [answer["known"] for answer in (read, cut, first)] == [3, 5, 0]
    assert_probabilities(read, expected_probabilities(ids))
    assert cut["probabilities"] == read["probabilities"][:5] and cut["text"] == tokenizer.decode(ids[:5])
    assert first["probabilities"] == [None]


def test_two_who_ask_in_turn_both_get_all_of_their_answers(ask, tokenizer, expected_probabilities):
    texts = [tokenizer.encode(text).ids for text in (TEXTS[1], TEXTS[2])]
    for answer, ids in zip(ask("read", *([ids] for ids in texts * 2)), texts * 2, strict=True):
        assert_probabilities(answer, expected_probabilities(ids))
    alone = ask("scores", [texts[0], 3])
    in_turn = ask("scores", [texts[1], 3], [texts[0], 3])
    np.testing.assert_allclose(numbers(in_turn[1]), numbers(alone[0]), atol=1e-5)
    assert np.abs(numbers(in_turn[0]) - numbers(in_turn[1])).max() > 1


def test_the_lens_ends_in_what_the_model_says(ask, engine, tokenizer):
    ids = tokenizer.encode(TEXTS[1]).ids
    [layers] = ask("lens", [ids, len(ids) - 1, 3])
    logits = engine_logits(engine, ids)[-1].astype(np.float64)
    shares = np.exp(logits) / np.exp(logits).sum()
    assert len(layers) == 7  # the embeddings and six blocks
    assert [token for token, _ in layers[-1]] == np.argsort(-shares)[:3].tolist()
    np.testing.assert_allclose([share for _, share in layers[-1]], np.sort(shares)[::-1][:3], atol=1e-5)
    assert layers[0][0][0] != layers[-1][0][0]


def test_what_does_not_fit_is_refused_and_the_next_question_answered(ask):
    with pytest.raises(Exception, match="257 tokens do not fit into a context of 256"):
        ask("read", [[5] * 257])
    [read] = ask("read", [[5] * 256])
    assert len(read["probabilities"]) == 256
