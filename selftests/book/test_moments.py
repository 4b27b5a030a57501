"""The chapters' moments with the live model, in a real browser: what each shows is what MAX and NumPy compute."""

import re

import numpy as np
import pytest

from selftests.book.test_browser import LIGHT, OVER_THE_BORDER, STICKING_OUT

TEXT = "The fox saw the moon, and he"


@pytest.fixture
def moment(visit):
    """Opens a page, wakes its moment on TEXT, and gives (page, its root, what it says)."""
    opened = []

    def open_moment(page: str, part: str):
        context = visit(f"{page}.html", **LIGHT)
        it = context.__enter__()
        root = it.page.locator(f"[data-play={part}]")
        opened.append((context, it, root))
        root.get_by_label("Text", exact=True).fill(TEXT)
        it.page.wait_for_function(f"document.querySelector('[data-play={part}] p[role=status]').textContent.length > 0")
        root.locator("tr:visible, .play-vector").first.wait_for()
        return it.page, root, root.locator("p[role=status]").inner_text()

    yield open_moment
    for context, it, root in opened:
        assert it.errors == [] and it.strangers == []
        for width in (360, 1100, 1600):
            it.page.set_viewport_size({"width": width, "height": 900})
            assert it.page.evaluate(STICKING_OUT) == [], f"at {width} pixels"
            assert root.evaluate(OVER_THE_BORDER) == [], f"at {width} pixels"
        context.__exit__(None, None, None)


@pytest.fixture(scope="module")
def ids():
    from book.pictures.storyteller import encode

    return encode(TEXT)


def softmax(x):
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def weights(name: str) -> np.ndarray:
    from book.pictures.storyteller import checkpoint
    from gpt2.checkpoint import weights_of

    return dict(weights_of(checkpoint))[name]


def streams(ids) -> list[np.ndarray]:
    """The residual stream [seq, n_embd] before each block and after each of its sublayers, and after the last."""
    from book.pictures.storyteller import load, run

    model = load().transformer
    x = weights("transformer.wte.weight")[ids] + weights("transformer.wpe.weight")[: ids.shape[1]]
    found = [x]
    for block in model.h:
        x = x + run(lambda t, block=block: block.attn(block.ln_1(t)), x)
        found.append(x)
        x = x + run(lambda t, block=block: block.mlp(block.ln_2(t)), x)
        found.append(x)
    return [each[0] for each in found]


def test_mask(moment, ids):
    from book.pictures.storyteller import logits

    _, root, says = moment("step_02", "mask")
    shares = softmax(logits(ids)[-1].astype(np.float64))
    values = root.locator("data").evaluate_all("all => all.map((each) => Number(each.value))")
    np.testing.assert_allclose(values[:5], np.sort(shares)[::-1][:5], atol=1e-4)
    assert np.abs(np.array(values[5:]) - values[:5]).max() > 0.01  # open, it says something else
    assert re.match(r"Opening the mask moves [\d.]+ %", says)


def test_norm(moment, ids):
    _, root, _ = moment("step_03", "norm")
    x = streams(ids)[0][-1]
    before, after = root.locator("svg").evaluate_all("all => all.map((each) => each.getAttribute('aria-label'))")
    assert before.startswith(f"Before: mean {x.mean():.2f}, standard deviation {x.std():.2f}")
    y = (x - x.mean()) / np.sqrt(x.var() + 1e-5) * weights("transformer.h.0.ln_1.weight")
    y += weights("transformer.h.0.ln_1.bias")
    assert after.startswith(f"After: mean {y.mean():.2f}, standard deviation {y.std():.2f}".replace("-0.00", "-0.00"))


def test_units(moment, ids):
    from book.pictures.storyteller import load, run

    _, root, says = moment("step_04", "units")
    block = load().transformer.h[0]
    hidden = run(lambda t: block.mlp.c_fc(block.ln_2(t)), streams(ids)[1][None])[0, -1].astype(np.float64)
    lit = hidden / 2 * (1 + np.tanh(np.sqrt(2 / np.pi) * (hidden + 0.044715 * hidden**3)))
    shown = root.locator("tbody tr td:nth-child(2)").all_inner_texts()
    np.testing.assert_allclose([float(each) for each in shown], np.sort(lit)[::-1][:8], atol=0.0051)
    assert f"lights up {(lit > 0).sum()} of 512 units" in says


def test_neighbours(moment, ids):
    _, root, _ = moment("step_05", "neighbours")
    table = weights("transformer.wte.weight").astype(np.float64)
    table /= np.linalg.norm(table, axis=-1, keepdims=True)
    cosines = np.delete(table @ table[ids[0, -1]], ids[0, -1])
    values = root.locator("data").evaluate_all("all => all.map((each) => Number(each.value))")
    np.testing.assert_allclose(values, np.sort(cosines)[::-1][:8], atol=1e-5)


def test_positions(moment, ids):
    from book.pictures.storyteller import logits

    _, root, says = moment("step_06", "positions")
    table = weights("transformer.wpe.weight").astype(np.float64)
    table /= np.linalg.norm(table, axis=-1, keepdims=True)
    at = ids.shape[1] - 1
    cosines = table @ table[at]
    cosines[at] = -1
    assert says == f"Most like position {at} is position {cosines.argmax()}: cosine {cosines.max():.2f}."
    shares = softmax(logits(ids)[-1].astype(np.float64))
    first, second = (row.locator("td").first.inner_text() for row in root.locator("tbody tr").all()[::3])
    assert first.endswith(f"{100 * shares.max():.1f} %") and first != second


def test_query(moment, ids):
    from book.pictures.storyteller import load, run

    _, root, _ = moment("step_07", "query")
    block = load().transformer.h[0]
    qkv = run(lambda t: block.attn.c_attn(block.ln_1(t)), streams(ids)[0][None])[0]
    n_embd = qkv.shape[-1] // 3
    products = qkv[:, n_embd : n_embd + 32] @ qkv[-1, :32]
    notes = [float(note) for note in root.locator(".play-tokens small").all_inner_texts()]
    np.testing.assert_allclose(notes, products, atol=0.051)


def test_sublayers(moment, ids):
    _, root, _ = moment("step_10", "sublayers")
    x = [each[-1] for each in streams(ids)]
    expected = [
        [np.linalg.norm(x[2 * i]), np.linalg.norm(x[2 * i + 1] - x[2 * i]), np.linalg.norm(x[2 * i + 2] - x[2 * i + 1])]
        for i in range(6)
    ]
    shown = [[float(cell) for cell in row.locator("td").all_inner_texts()] for row in root.locator("tbody tr").all()]
    np.testing.assert_allclose(shown, expected, atol=0.051)


def test_lens(moment, ids):
    from book.pictures.storyteller import logits

    _, root, says = moment("step_12", "lens")
    shares = softmax(logits(ids)[-1].astype(np.float64))
    assert root.locator("tr").count() == 7
    best = root.locator("tr").last.locator("td").first
    assert best.inner_text().endswith(f"{100 * shares.max():.1f} %")
    assert f"says “{best.locator('code').inner_text()}”" in says


def test_likeliest(moment, ids):
    from book.pictures.storyteller import logits

    _, root, says = moment("step_13", "likeliest")
    best = logits(ids).argmax(axis=-1)
    assert says.startswith(f"{(best[:-1] == ids[0, 1:]).sum()} of {ids.shape[1] - 1} ")
    assert root.locator("tbody tr").count() == ids.shape[1]


def test_cache(moment, ids):
    _, root, _ = moment("where_next", "cache")
    root.locator("tbody tr").nth(1).wait_for()
    with_cache, without = (int(row.locator("td").first.inner_text()) for row in root.locator("tbody tr").all())
    length = ids.shape[1]
    assert with_cache == length + 29
    assert without == sum(range(length, length + 30))
    assert root.locator("p[role=status]").inner_text() == "Both write the same text."


def test_a_text_that_was_read_further_is_not_mixed_up_with_its_beginning(moment, ids):
    from book.pictures.storyteller import encode

    page, root, _ = moment("step_13", "likeliest")
    shorter = TEXT[: TEXT.index(", and")]
    length = encode(shorter).shape[1]
    root.get_by_label("Text", exact=True).fill(shorter)
    page.wait_for_function(
        "(said) => document.body.textContent.includes(said)", arg=f" of {length - 1} following tokens"
    )
    assert root.locator("tbody tr").count() == length
