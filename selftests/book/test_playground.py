"""The playground in a real browser, from a web server and from files: it shows what the engine computes, and does what
its buttons say; by keyboard, at any width, in light and dark."""

import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe

from benchmarks.browser import longest_task
from selftests.book.test_browser import DARK, LIGHT, OVER_THE_BORDER, STICKING_OUT, WIDTHS

LONGEST_TASK = 50  # ms on the main thread
AGAIN_WHILE_THE_WORKER_IS_BUSY = """(button) => {
    for (let i = 0; i < 1000; i++) storyteller.ask("receive", 0, 0, "").catch(() => {});
    button.click();
}"""
TEXT = "Once upon a time, there was a little fox named Pip."


def open_model(it) -> None:
    it.page.get_by_role("button", name="Wake the model").click()
    it.page.locator(".play-tokens button").first.wait_for()


def news(it) -> str:
    return it.page.locator("[data-play=playground] > p[role=status]").inner_text()


def wait_for_news(it, words: str) -> str:
    it.page.wait_for_function(
        "(words) => document.querySelector('[data-play=playground] > p[role=status]').textContent.includes(words)",
        arg=words,
    )
    return news(it)


@pytest.fixture(scope="module", params=["server", "files"])
def awake(request, visit, site, html: Path):
    home = {"server": site, "files": f"{html.as_uri()}/"}[request.param]
    with visit("playground.html", home=home) as it:
        open_model(it)
        yield it
        assert it.errors == [] and it.strangers == []


@pytest.fixture
def written(awake):
    """Writes a text into the field, and waits until it is read."""

    def write(text: str, count: int) -> None:
        awake.page.get_by_label("Text", exact=True).fill(text)
        wait_for_news(awake, f"{count} tokens, read in")
        awake.page.get_by_label("Temperature, as a number").fill("0")

    return write


@pytest.fixture(scope="module")
def expected():
    """ids of a text, and the model's probabilities after each of them [seq, vocab_size]"""
    from book.pictures.storyteller import encode, logits

    def ask(text):
        ids = encode(text)
        scores = logits(ids).astype(np.float64)
        shares = np.exp(scores - scores.max(axis=-1, keepdims=True))
        return ids[0].tolist(), shares / shares.sum(axis=-1, keepdims=True)

    return ask


def test_the_first_key_wakes_the_model(visit):
    with visit("playground.html") as it:
        it.page.get_by_label("Text", exact=True).press("x")
        it.page.locator(".play-tokens button").first.wait_for()


def test_it_shows_each_token_with_its_id_and_how_likely_it_was(awake, written, expected):
    ids, shares = expected(TEXT)
    written(TEXT, len(ids))
    notes = awake.page.locator(".play-tokens small").all_inner_texts()
    assert [int(note.split(" · ")[0]) for note in notes] == ids
    stated = [note.split(" · ")[1] for note in notes]
    assert stated[0] == "–"
    for said, share in zip(stated[1:], (shares[i - 1, ids[i]] for i in range(1, len(ids))), strict=True):
        assert said == "< 0.1 %" if share < 0.0005 else float(said[:-2]) == pytest.approx(100 * share, abs=0.06)
    # The more surprised, the stronger the colour: 10 bits are all of it.
    weights = awake.page.locator(".play-tokens button").evaluate_all(
        "all => all.map((button) => Number(button.style.getPropertyValue('--weight')))"
    )
    bits = [0, *(min(-np.log2(shares[i - 1, ids[i]]) / 10, 1) for i in range(1, len(ids)))]
    np.testing.assert_allclose(weights, bits, atol=1e-3)


def test_one_token_is_drawn_and_taken_back(awake, written, expected):
    ids, shares = expected(TEXT)
    written(TEXT, len(ids))
    awake.page.get_by_role("button", name="One token").click()
    wait_for_news(awake, "1 token written.")
    notes = awake.page.locator(".play-tokens small").all_inner_texts()
    assert int(notes[-1].split(" · ")[0]) == shares[-1].argmax()  # greedy
    assert awake.page.get_by_label("Text", exact=True).input_value().startswith(TEXT)
    awake.page.get_by_role("button", name="Take one back").click()
    awake.page.wait_for_function("(text) => document.querySelector('textarea').value === text", arg=TEXT)
    assert awake.page.locator(".play-tokens button").count() == len(ids)


def test_it_writes_until_the_end_and_says_how_fast(awake, written, expected):
    from book.pictures.storyteller import tokenizer

    written("Once upon a time", 4)
    awake.page.get_by_role("button", name="Write").click()
    said = wait_for_news(awake, "written")
    assert re.match(r"\d+ tokens written, \d+ a second\.", said)
    text = awake.page.get_by_label("Text", exact=True).input_value()
    assert text.endswith("<|endoftext|>") or "context of 256 tokens is full" in said
    ids = [int(note.split(" · ")[0]) for note in awake.page.locator(".play-tokens small").all_inner_texts()]
    assert tokenizer.decode(ids, skip_special_tokens=False) == text
    _, shares = expected("Once upon a time")
    assert ids[4] == shares[-1].argmax()


def test_writing_can_be_stopped(awake, written):
    written("<|endoftext|>", 1)
    write = awake.page.get_by_role("button", name="Write")
    write.focus()
    awake.page.keyboard.press("Enter")
    awake.page.keyboard.press("Enter")  # the button is now called Stop
    wait_for_news(awake, "written")
    assert awake.page.locator(".play-tokens button").count() < 256
    assert write.inner_text() == "Write"


def test_the_full_context_and_a_text_that_does_not_fit_are_said(awake):
    field = awake.page.get_by_label("Text", exact=True)
    field.fill("a" * 600)
    wait_for_news(awake, "tokens do not fit into a context of 256.")
    assert awake.page.get_by_role("button", name="Write").is_disabled()
    field.fill("")
    wait_for_news(awake, "Write a text.")
    assert awake.page.get_by_role("button", name="Take one back").is_disabled()


def test_all_below_is_about_the_chosen_token(awake, written, expected):
    from book.pictures.storyteller import attention, encode, words

    ids, shares = expected(TEXT)
    written(TEXT, len(ids))
    tokens = awake.page.locator(".play-tokens button")
    tokens.last.focus()
    for _ in range(3):
        awake.page.keyboard.press("ArrowLeft")
    at = len(ids) - 4
    assert tokens.nth(at).get_attribute("aria-pressed") == "true"
    best = int(shares[at].argmax())
    awake.page.get_by_label("Temperature, as a number").fill("1")
    awake.page.wait_for_function(
        "(share) => Math.abs(document.querySelector('.play-bars data').value - share) < 1e-5", arg=shares[at, best]
    )
    weights = np.stack([layer.weights for layer in attention(encode(TEXT))])[:, :, at]
    labels = awake.page.locator(".play-heads button").evaluate_all("all => all.map((b) => b.ariaLabel)")
    texts = words(encode(TEXT))
    for i, label in enumerate(labels):
        its = weights[i // 4, i % 4]
        most = f"most to “{texts[its.argmax()]}”, {round(100 * its.max())} %"
        assert label == f"Layer {i // 4}, head {i % 4}: {most}"
    rows = awake.page.locator(".play-table tr")
    assert rows.count() == 7
    name = awake.page.locator(".play-bars th").first.inner_text()
    assert rows.last.locator("td code").first.inner_text() == name


def test_the_address_is_a_link_to_what_one_sees(awake, written, visit, expected):
    text = 'Emoji 🙂 & "quotes" #1'
    written(text, len(expected(text)[0]))
    awake.page.get_by_label("top-k, as a number").fill("7")
    awake.page.locator(".play-tokens button").nth(2).click()
    awake.page.locator(".play-heads button").nth(4 * 3 + 1).click()
    awake.page.wait_for_function("location.hash.includes('head=1')")
    said = {name: value for name, [value] in parse_qs(urlsplit(awake.page.url).fragment).items()}
    assert said == {"text": text, "temperature": "0", "k": "7", "token": "2", "layer": "3", "head": "1"}
    with visit(f"playground.html#{urlsplit(awake.page.url).fragment}") as it:
        assert it.page.get_by_label("Text", exact=True).input_value() == text
        open_model(it)
        it.page.wait_for_function("document.querySelectorAll('.play-bars data')[0].value === '1'")
        assert it.page.get_by_label("top-k, as a number").input_value() == "7"
        for place, index in ((".play-tokens", 2), (".play-heads", 4 * 3 + 1)):
            assert it.page.locator(f"{place} button").nth(index).get_attribute("aria-pressed") == "true"
        it.page.evaluate("location.hash = '#text=A+fox&k=-3&temperature=hot&token=99&layer=6'")  # nonsense is ignored
        wait_for_news(it, "3 tokens, read in")
        assert it.page.get_by_label("top-k, as a number").input_value() == "1024"
        assert it.page.get_by_label("Temperature, as a number").input_value() == "1"
        assert it.page.locator(".play-heads button").first.get_attribute("aria-pressed") == "true"
        assert it.errors == []


def test_the_keyboard_is_enough(visit):
    with visit("playground.html") as it:
        field = it.page.get_by_label("Text", exact=True)
        field.focus()
        for name in ("Write", "One token", "Wake the model"):
            it.page.keyboard.press("Tab")
            assert it.page.evaluate("document.activeElement.textContent") == name
        it.page.keyboard.press("Enter")
        it.page.locator(".play-tokens button").first.wait_for()
        assert it.page.evaluate("document.activeElement.id") == "playground-text"  # the button is gone
        for _ in range(4):
            it.page.keyboard.press("Tab")
        assert it.page.evaluate("document.activeElement.parentElement.className") == "play-tokens"
        it.page.keyboard.press("Home")
        it.page.wait_for_function("document.body.textContent.includes('After “Once”, token 0.')")
        assert it.page.url.split("#")[0].endswith("playground.html")


def test_what_could_not_be_loaded_is_said_and_can_be_tried_again(visit):
    with visit("playground.html") as it:
        it.page.route("**/piece-3.js", lambda route: route.abort())
        wake = it.page.get_by_role("button", name="Wake the model")
        wake.click()
        it.page.get_by_text("piece-3.js could not be loaded. Try again?").wait_for()
        it.page.unroute("**/piece-3.js")
        wake.evaluate(AGAIN_WHILE_THE_WORKER_IS_BUSY)
        it.page.locator(".play-tokens button").first.wait_for()
        assert it.errors == ["Failed to load resource: net::ERR_FAILED"]


def test_a_second_click_while_the_model_is_fetched_writes_nothing_more(visit, expected):
    ids, shares = expected(TEXT)
    with visit(f"playground.html#temperature=0&text={TEXT}") as it:
        it.page.get_by_role("button", name="One token").evaluate("(button) => { button.click(); button.click(); }")
        wait_for_news(it, "written.")
        notes = it.page.locator(".play-tokens small").all_inner_texts()
        assert [int(note.split(" · ")[0]) for note in notes] == [*ids, shares[-1].argmax()]
        assert it.errors == []


@pytest.mark.parametrize(
    ("break_it", "mend_it", "says"),
    [
        (
            "window.its = Worker; Worker = class { constructor() { throw new Error('No workers here') } }",
            "Worker = its",
            "No workers here",
        ),
        (
            "storyteller.SOURCE.push('throw new Error(`It broke`)')",
            "storyteller.SOURCE.pop()",
            "It broke",
        ),
    ],
    ids=["not allowed", "broken"],
)
def test_a_worker_that_does_not_work_is_told_and_can_be_tried_again(visit, break_it, mend_it, says):
    with visit("playground.html") as it:
        it.page.evaluate(f"() => {{ {break_it} }}")
        it.page.get_by_role("button", name="Wake the model").click()
        it.page.get_by_text(re.compile(rf"{says}\. Try again\?")).wait_for()
        it.page.evaluate(f"() => {{ {mend_it} }}")
        open_model(it)


def test_nothing_holds_the_page_up(visit, browser):
    """Processor time, as a busy machine may stop a task in the middle."""
    with visit("playground.html") as it:
        assert 0 < longest_task(browser, it.page) < LONGEST_TASK


@pytest.mark.parametrize("look", [LIGHT, DARK], ids=["light", "dark"])
def test_axe_finds_no_violation_and_nothing_sticks_out(visit, look):
    with visit("playground.html", **look, reduced_motion="reduce") as it:
        open_model(it)
        it.page.get_by_label("Temperature, as a number").fill("9")
        violations = (
            Axe().run(it.page, options={"resultTypes": ["violations"], "preload": False}).response["violations"]
        )
        assert [(v["id"], node["target"], node["failureSummary"]) for v in violations for node in v["nodes"]] == []
        for width in (width for width in WIDTHS if width >= look["width"]):
            it.page.set_viewport_size({"width": width, "height": 900})
            assert it.page.evaluate(STICKING_OUT) == [], f"at {width} pixels"
            assert it.page.locator("[data-play=playground]").evaluate(OVER_THE_BORDER) == [], f"at {width} pixels"
        durations = it.page.locator(".play-bar").first.evaluate("bar => getComputedStyle(bar).transitionDuration")
        assert durations == "0s"
