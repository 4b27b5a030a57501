"""The book in a real browser: every page, in light and dark, from 360 to 1600 pixels, and offline."""

import re
from html import unescape
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe

from course.curriculum.steps import ROOT

SOURCES = ROOT / "book" / "src"
CHAPTERS = re.findall(r"\]\((\w+)\.md\)", (SOURCES / "SUMMARY.md").read_text(encoding="utf-8"))
PAGES = [f"{name}.html" for name in (*CHAPTERS, "404")]
WITH_FORMULAS = [f"{name}.html" for name in CHAPTERS if "$$" in (SOURCES / f"{name}.md").read_text(encoding="utf-8")]
PARTS = {
    "step_02.html": ["mask"],
    "step_03.html": ["norm"],
    "step_04.html": ["units"],
    "step_05.html": ["neighbours"],
    "step_06.html": ["positions"],
    "step_07.html": ["shape-stepper", "query"],
    "step_08.html": ["shape-stepper", "attention-explorer"],
    "step_09.html": ["shape-stepper", "attention-explorer"],
    "step_10.html": ["sublayers"],
    "step_12.html": ["lens"],
    "step_13.html": ["likeliest"],
    "step_14.html": ["temperature-lab"],
    "where_next.html": ["cache"],
    "playground.html": ["playground"],
}

# On a phone the table of contents is closed, on a wide screen it is open.
LIGHT = {"width": 360, "color_scheme": "light"}
DARK = {"width": 1280, "color_scheme": "dark"}
WIDTHS = (360, 480, 768, 1024, 1080, 1280, 1600)

LARGEST_PAGE = 500_000  # bytes of everything that it asks for before it is touched, mdBook's own files included
ASKED_FOR = """() => ["navigation", "resource"].flatMap((kind) => performance.getEntriesByType(kind))
    .map(({ name, decodedBodySize }) => [name, decodedBodySize])"""

# What sticks out on the right, where the page can be scrolled sideways; mdBook scrolls the content by itself.
STICKING_OUT = """() => {
    const content = document.querySelector("#mdbook-content");
    if ([document.documentElement, content].every((box) => box.scrollWidth <= box.clientWidth)) return [];
    const edge = content.getBoundingClientRect().right;
    const out = [...content.querySelectorAll("*")].filter((part) => part.getBoundingClientRect().right > edge);
    return [`${content.scrollWidth} of ${content.clientWidth}`, ...out.map((part) => part.outerHTML.slice(0, 100))];
}"""

# What sticks out on the right of a part to play with, over its border.
OVER_THE_BORDER = """(part) => {
    const edge = part.getBoundingClientRect().right;
    const out = [...part.querySelectorAll("*")].filter((inner) => inner.getBoundingClientRect().right > edge);
    return out.map((inner) => inner.outerHTML.slice(0, 100));
}"""


@pytest.fixture(scope="module", params=["light", "dark"])
def look(request):
    return {"light": LIGHT, "dark": DARK}[request.param]


@pytest.fixture(scope="module", params=PAGES)
def it(request, look, visit):
    with visit(request.param, **look) as opened:
        opened.page.evaluate("document.querySelectorAll('details').forEach((folded) => (folded.open = true))")
        yield opened


def test_a_page_loads_without_an_error_and_asks_nothing_of_another_machine(it):
    assert it.page.locator("main h1").count() == 1
    assert it.errors == []
    assert it.strangers == []


def test_a_page_is_small(it):
    it.page.wait_for_load_state("networkidle")
    sizes = dict(it.page.evaluate(ASKED_FOR))
    assert all(size > 0 for size in sizes.values()), sizes
    assert any(".html" in name for name in sizes) and any(".woff2" in name for name in sizes)
    assert not [name for name in sizes if "storyteller/" in name]
    assert sum(sizes.values()) < LARGEST_PAGE


def test_a_page_has_the_colours_that_the_reader_s_system_asks_for(it, look):
    background = it.page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    brightness = sum(int(part) for part in re.findall(r"\d+", background)[:3])
    assert brightness > 600 if look is LIGHT else brightness < 150, background


def test_nothing_sticks_out_at_any_width(it, look):
    try:
        for width in WIDTHS:
            if width >= look["width"]:
                it.page.set_viewport_size({"width": width, "height": 900})
                assert it.page.evaluate(STICKING_OUT) == [], f"at {width} pixels"
    finally:
        it.page.set_viewport_size({"width": look["width"], "height": 900})


def test_axe_finds_no_violation(it):
    violations = Axe().run(it.page, options={"resultTypes": ["violations"], "preload": False}).response["violations"]
    assert [(v["id"], node["target"], node["failureSummary"]) for v in violations for node in v["nodes"]] == []


def test_formulas_are_drawn(it):
    name = it.page.url.rpartition("/")[2]
    sizes = it.page.eval_on_selector_all(
        "math", "all => all.map((math) => math.getBoundingClientRect()).map(({ width, height }) => [width, height])"
    )
    assert len(sizes) > 0 or name not in WITH_FORMULAS
    assert all(width > 3 and height > 3 for width, height in sizes), sizes
    # A fraction is higher than a line of text where MathML is drawn, and not shown as text.
    for fraction in it.page.locator(".formula mfrac").all()[:1]:
        assert fraction.bounding_box()["height"] > 20


def test_formulas_are_written_in_the_book_s_own_font(it):
    browser = it.page.context.new_cdp_session(it.page)
    browser.send("DOM.enable")
    browser.send("CSS.enable")
    root = browser.send("DOM.getDocument")["root"]["nodeId"]
    for node in browser.send("DOM.querySelectorAll", {"nodeId": root, "selector": "math *"})["nodeIds"]:
        for font in browser.send("CSS.getPlatformFontsForNode", {"nodeId": node})["fonts"]:
            assert font["isCustomFont"] and font["familyName"] == "STIX Two Math", font


@pytest.mark.parametrize("theme", ["rust", "coal", "ayu"])
def test_the_other_themes_can_be_read(visit, theme):
    with visit("step_14.html") as it:
        it.page.locator("#mdbook-theme-toggle").click()
        it.page.locator(f"#mdbook-theme-{theme}").click()
        it.page.mouse.click(900, 500)
        options = {"runOnly": ["color-contrast", "link-in-text-block"], "preload": False}
        violations = Axe().run(it.page, options=options).response["violations"]
        assert [(node["target"], node["failureSummary"]) for v in violations for node in v["nodes"]] == []


def test_code_is_coloured(visit, html: Path):
    with visit("step_03.html") as it:
        code = it.page.locator("code.language-python")
        source = (html / "step_03.html").read_text(encoding="utf-8")
        blocks = re.findall(r'<code class="language-python[^>]*>(.*?)</code>', source, re.DOTALL)
        assert code.all_text_contents() == [unescape(block) for block in blocks]
        said = {}
        for kind in ("comment", "string", "title", "keyword", "number", "built_in"):
            said[kind] = set(it.page.locator(f".language-python .hljs-{kind}").all_text_contents())
        assert {"class", "def", "from", "import", "return"} <= said["keyword"] and "LayerNorm" in said["title"]
        assert all(text.startswith("#") for text in said["comment"]) and len(said["comment"]) > 3
        assert all(text[-1] in "\"'" for text in said["string"])
        assert any(text.startswith('"""') for text in said["string"])
        assert all(re.fullmatch(r"[\d_.]+(e-?\d+)?", text) for text in said["number"]) and "print" in said["built_in"]


def test_there_are_formulas():
    assert len(WITH_FORMULAS) >= 6


def test_search_finds_a_chapter_and_leads_there(visit):
    with visit("introduction.html") as it:
        it.page.keyboard.press("/")
        it.page.keyboard.type("temperature")
        first = it.page.locator("#mdbook-searchresults a").first
        first.wait_for()
        assert "temperature" in it.page.locator("#mdbook-searchresults").inner_text().lower()
        first.click()
        it.page.wait_for_url("**/step_14.html*")
        assert it.errors == []


def test_the_chosen_theme_stays_on_the_next_page(visit):
    with visit("introduction.html", color_scheme="light") as it:
        it.page.locator("#mdbook-theme-toggle").click()
        it.page.locator("#mdbook-theme-navy").click()
        it.page.keyboard.press("Escape")
        it.page.locator("main").click(position={"x": 5, "y": 5})
        it.page.keyboard.press("ArrowRight")
        it.page.wait_for_url("**/setup.html")
        assert "navy" in it.page.locator("html").get_attribute("class")


def test_the_table_of_contents_opens_with_a_key(visit):
    with visit("step_02.html", width=360) as it:
        button = it.page.get_by_role("button", name="Toggle Table of Contents")
        assert button.get_attribute("aria-expanded") == "false"
        button.focus()
        it.page.keyboard.press("Enter")
        assert button.get_attribute("aria-expanded") == "true"
        it.page.locator("#mdbook-sidebar").get_by_text("Layer normalization").click()
        it.page.wait_for_url("**/step_03.html")


def test_an_arrow_key_scrolls_what_is_wide_and_does_not_turn_the_page(visit):
    with visit("step_14.html", width=360) as it:
        wide = it.page.locator("main pre > code[tabindex]:visible").first
        wide.focus()
        it.page.keyboard.press("ArrowRight")
        it.page.wait_for_function("document.activeElement.scrollLeft > 0")
        assert it.page.url.endswith("step_14.html")


@pytest.mark.parametrize("name", PARTS)
def test_the_book_works_without_a_server(visit, html: Path, name):
    with visit(name, home=f"{html.as_uri()}/") as it:
        for part in PARTS[name]:
            assert it.page.locator(f"[data-play={part}] button").count() > 0
        it.page.keyboard.press("/")
        it.page.keyboard.type("softmax")
        it.page.locator("#mdbook-searchresults a").first.wait_for()
        assert it.errors == [] and it.strangers == []


def test_each_part_to_play_with_is_on_its_pages_and_nowhere_else(html: Path):
    found = {
        path.name: sorted(re.findall(r'data-play="([\w-]+)"', path.read_text(encoding="utf-8")))
        for path in html.glob("*.html")
    }
    assert {name: parts for name, parts in found.items() if parts} == {k: sorted(v) for k, v in PARTS.items()}
