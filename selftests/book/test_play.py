"""The parts to play with: their numbers are the real code's, and what they make of them is right."""

import base64
import json
from itertools import product

import numpy as np
import pytest

from book import export
from book.export import FOLDER, FULL, PROMPTS, SENTENCES

ACCURACY = 1e-4  # of logits, between one machine's float32 and another's


def data(name):
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))


def numbers(text, dtype):
    return np.frombuffer(base64.b64decode(text), dtype)


@pytest.fixture(scope="module")
def lab():
    """The temperature lab's data, with the logits as an array [prompts, vocab_size]."""
    stored = data("temperature-lab")
    return stored | {"logits": numbers(stored["logits"], "<f4").reshape(len(PROMPTS), -1)}


# The data


def test_the_logits_are_those_of_the_checkpoint(lab):
    from book.pictures.storyteller import load, run

    lengths = np.array([len(ids) for ids in lab["prompts"]])
    ids = np.array([ids + [0] * (lengths.max() - len(ids)) for ids in lab["prompts"]])  # no token sees what follows it
    expected = run(load(), ids)[np.arange(len(ids)), lengths - 1]
    assert np.abs(expected).max() > 5  # so that the accuracy means something
    np.testing.assert_allclose(lab["logits"], expected, atol=ACCURACY)


def test_the_prompts_are_their_tokens(lab):
    from book.pictures.storyteller import encode, tokenizer

    assert lab["prompts"] == [encode(prompt)[0].tolist() for prompt in PROMPTS]
    assert "".join(lab["tokens"][token] for token in lab["prompts"][0]) == PROMPTS[0]
    assert len(lab["tokens"]) == tokenizer.get_vocab_size()


def test_the_attention_is_that_of_the_checkpoint():
    stored = data("attention-explorer")["sentences"]
    fresh = export.attention_explorer()["sentences"]
    assert ["".join(sentence["tokens"]) for sentence in stored] == list(SENTENCES)
    for old, new in zip(stored, fresh, strict=True):
        shares = [numbers(each["weights"], "<u2") / FULL for each in (old, new)]
        np.testing.assert_allclose(*shares, atol=ACCURACY)
        length = len(old["tokens"])
        assert shares[0].size == old["n_layer"] * old["n_head"] * length * (length + 1) // 2
        rows = np.split(shares[0][: length * (length + 1) // 2], np.cumsum(np.arange(1, length)))
        np.testing.assert_allclose([row.sum() for row in rows], 1, atol=length / FULL)


def test_the_shapes_are_those_of_step_09():
    stored, fresh = data("shape-stepper"), export.shape_stepper()
    assert stored.keys() == fresh.keys()
    for name, array in stored.items():
        assert array["shape"] == list(fresh[name]["shape"])
        old, new = (np.array(each["values"], dtype=float) for each in (array, fresh[name]))
        np.testing.assert_allclose(old, new, atol=2e-4)


def test_the_shape_stepper_s_numbers_follow_from_each_other():
    a = {name: np.array(each["values"], float).reshape(each["shape"]) for name, each in data("shape-stepper").items()}
    scores = np.einsum("bhid,bhjd->bhij", a["query_heads"], a["key_heads"]) / np.sqrt(3)
    np.testing.assert_allclose(a["scores"], scores, atol=1e-3)
    masked = np.where(np.tri(4, dtype=bool), scores, -np.inf)
    weights = np.exp(masked - masked.max(-1, keepdims=True))
    weights /= weights.sum(-1, keepdims=True)
    np.testing.assert_allclose(a["weights"], weights, atol=1e-3)
    attended = weights @ a["value_heads"]
    np.testing.assert_allclose(a["attended"], attended, atol=1e-3)
    np.testing.assert_allclose(a["merged"], np.concatenate([attended[:, 0], attended[:, 1]], axis=-1), atol=1e-3)


# The temperature lab


@pytest.fixture(scope="module")
def lab_page(visit):
    with visit("step_14.html") as it:
        yield it.page
        assert it.errors == []


@pytest.fixture
def fields(lab_page):
    """Sets the three numbers, and finds the buttons, of a lab that is at its beginning."""
    lab_page.locator("#temperature-lab-prompt").select_option(index=0)
    root = lab_page.locator("[data-play=temperature-lab]")

    def fill(temperature=1, k=1024, p=1):
        for name, value in {"Temperature": temperature, "top-k": k, "top-p": p}.items():
            root.get_by_label(f"{name}, as a number").fill(str(value))

    fill()
    return fill


def shown(page):
    """The tokens in the table and their probabilities, that of all others last."""
    rows = page.locator(".play-bars tr")
    values = rows.locator("data").evaluate_all("all => all.map((data) => Number(data.value))")
    return rows.locator("th").all_inner_texts(), values


def expected_probabilities(logits, temperature, k, p):
    """Temperature, then top-k, then top-p, in float64."""
    scaled = np.exp((logits.astype(np.float64) - logits.max()) / temperature)
    probabilities = scaled / scaled.sum()
    order = np.argsort(-logits, kind="stable")
    probabilities[order[k:]] = 0
    probabilities /= probabilities.sum()
    if p < 1:
        before = np.cumsum(probabilities[order]) - probabilities[order]
        probabilities[order[before >= p]] = 0
    return order, probabilities / probabilities.sum()


@pytest.mark.parametrize("prompt", range(len(PROMPTS)))
def test_its_probabilities_are_numpy_s(lab_page, fields, lab, prompt):
    lab_page.locator("#temperature-lab-prompt").select_option(index=prompt)
    logits = lab["logits"][prompt]
    for temperature, (k, p) in product((0.05, 0.3, 1, 1.7, 5), ((1024, 1), (5, 1), (1024, 0.9), (20, 0.5))):
        fields(temperature, k, p)
        order, probabilities = expected_probabilities(logits, temperature, k, p)
        names, values = shown(lab_page)
        assert names[:-1] == [lab["tokens"][token].replace(" ", "␣") for token in order[:12]]
        expected = [*probabilities[order[:12]], probabilities[order[12:]].sum()]
        np.testing.assert_allclose(values, expected, rtol=0, atol=1e-6)
        assert [value == 0 for value in values] == [share == 0 for share in expected]  # what is cut off is 0
        positive = probabilities[probabilities > 0]
        entropy = -(positive * np.log(positive)).sum()
        assert f"Entropy {abs(entropy):.2f} nats" in lab_page.locator(".play-entropy").inner_text()


def test_its_slider_moves_with_the_arrow_keys_and_stays_on_the_page(lab_page, fields, lab):
    slider = lab_page.locator("#temperature-lab-temperature")
    number = lab_page.get_by_label("Temperature, as a number")
    slider.focus()
    lab_page.keyboard.press("ArrowRight")
    assert float(number.input_value()) == 1.1 == float(slider.get_attribute("aria-valuetext"))
    lab_page.keyboard.press("Home")
    assert float(number.input_value()) == 0
    lab_page.keyboard.press("End")
    assert float(number.input_value()) == 5
    _, probabilities = expected_probabilities(lab["logits"][0], 5, 1024, 1)
    assert shown(lab_page)[1][0] == pytest.approx(probabilities.max(), abs=1e-6)
    assert lab_page.url.endswith("step_14.html")


@pytest.mark.parametrize("nonsense", ["", "-1", "7"])
def test_what_is_no_temperature_is_said_and_changes_nothing(lab_page, fields, nonsense):
    before = shown(lab_page)
    number = lab_page.get_by_label("Temperature, as a number")
    number.fill(nonsense)
    assert shown(lab_page) == before
    number.blur()
    assert number.input_value() == nonsense  # as the reader wrote it
    wrong = lab_page.locator("#temperature-lab-temperature-wrong")
    assert wrong.inner_text() == f"{nonsense or 'That'} is not a number from 0 to 5: 1 stays."
    assert number.get_attribute("aria-invalid") == "true"
    number.fill("2")
    assert wrong.inner_text() == "" and number.get_attribute("aria-invalid") == "false"


def test_temperature_0_is_greedy(lab_page, fields):
    fields(temperature=0)
    assert shown(lab_page)[1] == [1, *[0] * 12]


def test_sampling_appends_a_token_and_asks_for_the_next_one(lab_page, fields, lab):
    from book.pictures.storyteller import logits

    fields(k=1)  # the likeliest, whatever the random number
    text = lab_page.locator(".play-text")
    ids = list(lab["prompts"][0])
    best = int(lab["logits"][0].argmax())
    for _ in range(2):
        ids.append(best)
        lab_page.get_by_role("button", name="Sample the next token").click()
        assert text.inner_text() == "".join(lab["tokens"][token] for token in ids)
        best = int(logits(np.array([ids]))[-1].argmax())
        name = lab["tokens"][best].replace(" ", "␣")
        lab_page.locator(".play-bars tr:first-child").get_by_text(name, exact=True).wait_for()
    lab_page.get_by_role("button", name="Take it back").click()
    assert text.inner_text() == "".join(lab["tokens"][token] for token in ids[:-1])
    lab_page.get_by_role("button", name="Start again").click()
    assert text.inner_text() == PROMPTS[0]


def test_tokens_are_drawn_as_often_as_their_probability_says(lab_page, lab):
    _, probabilities = expected_probabilities(lab["logits"][0], 1, 1024, 1)
    drawn = lab_page.evaluate(
        "(p) => Array.from({ length: 4000 }, (_, i) => play.draw(p, (i + 0.5) / 4000))", probabilities.tolist()
    )
    shares = np.bincount(drawn, minlength=len(probabilities)) / 4000
    np.testing.assert_allclose(shares, probabilities, atol=1 / 4000)


@pytest.mark.parametrize("random, word", [(0.5, "Drawn: “"), (0.9999999, "sign for the end of a text")])
def test_where_the_stored_numbers_end_the_model_goes_on(visit, lab, random, word):
    from book.pictures.storyteller import logits

    _, probabilities = expected_probabilities(lab["logits"][0], 5, 1024, 1)
    token = int(np.searchsorted(np.cumsum(probabilities), random))
    text = [*lab["prompts"][0], token]
    assert (lab["tokens"][token] == "<|endoftext|>") == word.startswith("sign")
    with visit("step_14.html") as it:
        root = it.page.locator("[data-play=temperature-lab]")
        root.get_by_label("Temperature, as a number").fill("5")
        it.page.evaluate("(value) => { Math.random = () => value; }", random)
        sample = root.get_by_role("button", name="Sample the next token")
        for _ in range(2):
            _, expected = expected_probabilities(logits(np.array([text]))[-1], 5, 1024, 1)
            sample.press("Enter")
            assert word in root.locator("> p[role=status]").inner_text()
            largest = expected.max()
            largest_bar = "largest => document.querySelector('.play-bars data').value - largest"
            it.page.wait_for_function(f"(largest) => Math.abs(({largest_bar})(largest)) < 1e-5", arg=largest)
            text.append(int(np.searchsorted(np.cumsum(expected), random)))
            word = "Drawn"
        for _ in range(2):
            root.get_by_role("button", name="Take it back").click()
        assert root.locator(".play-text").inner_text() == PROMPTS[0]
        assert it.errors == []


def test_stored_scores_are_shown_while_the_model_is_fetched(visit, lab):
    with visit("step_14.html") as it:
        it.page.route("**/piece-3.js", lambda route: None)  # it never comes
        root = it.page.locator("[data-play=temperature-lab]")
        before = shown(root)
        root.get_by_role("button", name="Sample the next token").click()
        with it.page.expect_request("**/piece-3.js"):
            pass
        root.get_by_role("button", name="Take it back").click()
        assert shown(root) == before
        root.get_by_role("button", name="Sample the next token").click()
        assert root.locator(".play-text ins").count() == 1


# The attention explorer


@pytest.fixture(scope="module")
def chapter_09(visit):
    with visit("step_09.html") as it:
        yield it.page
        assert it.errors == []


@pytest.fixture
def maps():
    """The first sentence's tokens, and its weights [n_layer, n_head, seq, seq]."""
    stored = data("attention-explorer")["sentences"][0]
    length = len(stored["tokens"])
    weights = np.zeros((stored["n_layer"], stored["n_head"], length, length))
    past = numbers(stored["weights"], "<u2") / FULL
    weights[(..., *np.tril_indices(length))] = past.reshape(*weights.shape[:2], -1)
    return stored["tokens"], weights


def test_it_shows_where_each_head_looks(chapter_09, maps):
    words, weights = maps
    tokens = chapter_09.locator(".play-tokens button")
    heads = chapter_09.locator(".play-heads button")
    assert tokens.count() == len(words) and heads.count() == 24
    for token, (layer, head) in ((4, (0, 0)), (13, (2, 3)), (19, (5, 2))):
        heads.nth(4 * layer + head).click()
        tokens.nth(token).click()
        row = weights[layer, head, token]
        stated = tokens.locator("small").all_inner_texts()
        assert stated == [f"{round(100 * share)} %" if i <= token else "–" for i, share in enumerate(row)]
        for i, label in enumerate(heads.evaluate_all("all => all.map((b) => b.getAttribute('aria-label'))")):
            its = weights[i // 4, i % 4, token]
            most = f"most to “{words[its.argmax()]}”, {round(100 * its.max())} %"
            assert label == f"Layer {i // 4}, head {i % 4}: {most}"


def test_arrow_keys_walk_along_the_tokens_and_the_heads(chapter_09, maps):
    words, _ = maps
    summary = chapter_09.locator("[data-play=attention-explorer] > p[role=status]")
    chapter_09.locator(".play-tokens button").nth(5).focus()
    chapter_09.keyboard.press("ArrowRight")
    assert f"“{words[6]}”, token 6," in summary.inner_text()
    chapter_09.locator(".play-heads button").first.focus()
    chapter_09.keyboard.press("ArrowDown")
    chapter_09.keyboard.press("ArrowRight")
    assert summary.inner_text().startswith("Layer 1, head 1:")
    # One stop of the Tab key for all tokens, one for all heads.
    for group in ("play-tokens", "play-heads"):
        assert chapter_09.locator(f".{group} button[tabindex='0']").count() == 1


def test_the_pointer_over_a_token_only_previews_it(chapter_09, maps):
    words, _ = maps
    summary = chapter_09.locator("[data-play=attention-explorer] > p[role=status]")
    tokens = chapter_09.locator(".play-tokens button")
    tokens.nth(7).click()
    tokens.nth(3).hover()
    assert f"“{words[3].replace(' ', '␣')}”, token 3," in summary.inner_text()
    assert tokens.nth(7).get_attribute("aria-pressed") == "true"
    chapter_09.mouse.move(5, 5)
    assert f"“{words[7].replace(' ', '␣')}”, token 7," in summary.inner_text()


def test_it_reads_a_text_of_the_reader_s_own(visit):
    from book.pictures.storyteller import attention, encode, words

    text = "The fox saw the moon, and he was happy."
    ids = encode(text)
    expected = np.stack([layer.weights for layer in attention(ids)])[2, 3, -1]
    with visit("step_09.html") as it:
        root = it.page.locator("[data-play=attention-explorer]")
        root.get_by_label("or your own text").fill(text)
        tokens = root.locator(".play-tokens button")
        it.page.wait_for_function(f"document.querySelectorAll('.play-tokens button').length === {ids.shape[1]}")
        assert [name.replace("␣", " ") for name in tokens.locator("code").all_inner_texts()] == words(ids)
        root.locator(".play-heads button").nth(4 * 2 + 3).click()
        expected = [f"{round(100 * share)} %" for share in expected]
        notes = "[...document.querySelectorAll('.play-tokens small')].map((note) => note.textContent).join()"
        it.page.wait_for_function(f"(expected) => {notes} === expected", arg=",".join(expected))
        root.get_by_label("or your own text").fill("fox " * 300)
        it.page.get_by_text("do not fit into a context of 256.").wait_for()
        assert it.errors == []


# The shape stepper


def test_it_steps_through_the_shapes(chapter_09):
    root = chapter_09.locator("[data-play=shape-stepper]")
    position = root.locator("[role=status]")
    stored = data("shape-stepper")
    results = ["x", "qkv", "query", "query_heads", "scores", "masked", "weights", "attended", "merged", "output"]
    root.get_by_role("button", name="Next").focus()
    for number, name in enumerate(results, start=1):
        assert position.inner_text().startswith(f"{number} of {len(results)}")
        result = root.locator(".play-arrays").last
        assert str(stored[name]["shape"]) in result.locator("figcaption").first.inner_text()
        chapter_09.keyboard.press("ArrowRight")
    assert position.inner_text().startswith("10 of 10")
    root.get_by_role("button", name="Back").click()
    assert position.inner_text().startswith("9 of 10")
    chapter_09.keyboard.press("ArrowLeft")
    assert position.inner_text().startswith("8 of 10")
    folded = root.locator("details")
    assert folded.get_attribute("open") is None and not folded.locator("code").is_visible()  # the learner's own task
    assert chapter_09.url.endswith("step_09.html")


def test_a_number_shows_where_it_comes_from(chapter_09):
    root = chapter_09.locator("[data-play=shape-stepper]")
    chapter_09.reload()
    for _ in range(4):
        root.get_by_role("button", name="Next").click()
    assert root.locator("[role=status]").inner_text() == "5 of 10: Scores"
    cells = root.locator(".play-arrays").last.locator("td")
    cells.first.focus()
    for key in ("ArrowDown", "ArrowDown", "ArrowRight"):
        chapter_09.keyboard.press(key)
    stored = data("shape-stepper")["scores"]["values"]
    value = f"{stored[2 * 4 + 1]:.2f}".replace("-", "−")
    origin = root.locator(".play-origin").inner_text()
    assert origin == f"scores[0, 0, 2, 1] = query[0, 0, 2] · key[0, 0, 1] / √3 = {value}"
    marked = root.locator(".play-source").evaluate_all("all => all.map((cell) => cell.getAttribute('aria-label'))")
    assert [label.split(":")[0] for label in marked] == [
        *(f"query[0, 0, 2, {d}]" for d in range(3)),
        *(f"key[0, 0, 1, {d}]" for d in range(3)),
    ]
