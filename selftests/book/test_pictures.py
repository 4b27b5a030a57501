"""The pictures are what their scripts draw today, and can be read: by eye in every theme, on a
telephone, and by ear."""

import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from book.pictures.svg import DEEPEST, WIDTH
from course.curriculum.steps import ROOT

FOLDER = ROOT / "book" / "pictures"
PICTURES = sorted(FOLDER.glob("*.svg"))
SVG = "{http://www.w3.org/2000/svg}"
NUMBER = re.compile(r"\d+(?:\.\d+)?")

LARGEST = 60_000  # bytes
SMALLEST_TEXT = 11 * WIDTH / 320  # 11 pixels where a picture is 320 pixels wide: on a telephone

# The pages of mdBook 0.5.4: --bg in its variables.css.
PAGES = {"light": "#ffffff", "rust": "#e1e1db", "coal": "#131516", "navy": "#151923", "ayu": "#0f141a"}
TEXT, GRAPHICS = 4.5, 3.0  # the contrasts that WCAG 2.2 asks for


def test_pictures_are_what_their_scripts_draw(tmp_path):
    subprocess.run([sys.executable, "-m", "book.pictures", str(tmp_path)], cwd=ROOT, check=True)
    drawn = sorted(tmp_path.glob("*.svg"))
    assert [path.name for path in drawn] == [path.name for path in PICTURES]
    for path in drawn:
        difference = _difference((FOLDER / path.name).read_text("utf-8"), path.read_text("utf-8"))
        assert not difference, f"{path.name} is out of date (python -m book.pictures draws it anew): {difference}"


def test_a_change_of_a_picture_is_seen():
    assert not _difference("<a x='1.2'/>", "<a x='1.3'/>")  # machines round differently
    assert _difference("<a x='1.2'/>", "<a x='1.4'/>")
    assert _difference("[1, 5]", "[1, 6]")
    assert _difference("<a/>", "<b/>")
    assert _difference("<a/>", "<a/>\n<a/>")


def _difference(old: str, new: str) -> str | None:
    """The first line that differs by more than one unit in the last place of a broken number."""
    lines, others = old.splitlines(), new.splitlines()
    for line, other in zip(lines, others):
        numbers, other_numbers = NUMBER.findall(line), NUMBER.findall(other)
        same = NUMBER.sub("#", line) == NUMBER.sub("#", other) and all(map(_close, numbers, other_numbers))
        if not same:
            return f"{line[:200]!r} became {other[:200]!r}"
    if len(lines) != len(others):
        return f"{len(lines)} lines became {len(others)}"
    return None


def _close(a: str, b: str) -> bool:
    places = max(len(each.partition(".")[2]) for each in (a, b))
    return a == b if places == 0 else abs(float(a) - float(b)) < 1.5 * 10**-places


@pytest.mark.parametrize("path", PICTURES, ids=lambda path: path.stem)
def test_a_picture_can_be_read(path: Path):
    text = path.read_text("utf-8")
    root = ElementTree.fromstring(text)
    title, description = root.find(f"{SVG}title"), root.find(f"{SVG}desc")

    assert len(text.encode()) < LARGEST
    assert root.get("role") == "img"
    assert root.get("aria-labelledby").split() == [title.get("id"), description.get("id")]
    assert len(title.text) > 10 and len(description.text) > 80
    assert all(line.strip() for line in text.splitlines()), "an empty line would end the page's HTML block"
    assert "{{" not in text and "$" not in text, "the preprocessor would take it for its own"
    assert root.get("viewBox").startswith(f"0 0 {WIDTH} ")
    for element in root.iter(f"{SVG}text"):
        assert float(element.get("font-size")) >= SMALLEST_TEXT, element.text
        left, right = _extent(element)
        assert left >= -2 and right <= WIDTH + 2, f"{element.text!r} is cut off"


def _extent(text: ElementTree.Element) -> tuple[float, float]:
    """About where a line of text begins and ends."""
    size, x = float(text.get("font-size")), float(text.get("x"))
    if "rotate" in text.get("transform", ""):
        return x - size, x
    length = len(text.text) * size * (0.6 if "mono" in text.get("font-family", "") else 0.5)
    left = x - {"start": 0, "middle": length / 2, "end": length}[text.get("text-anchor", "start")]
    return left, left + length


def test_no_id_stands_twice():
    ids = [element.get("id") for path in PICTURES for element in ElementTree.parse(path).iter() if element.get("id")]
    assert len(ids) == 2 * len(PICTURES) == len(set(ids))


@pytest.mark.parametrize("path", PICTURES, ids=lambda path: path.stem)
def test_every_colour_follows_the_theme(path: Path):
    names = set(_colours("light"))
    for element in ElementTree.parse(path).iter():
        for attribute in ("fill", "stroke"):
            value = element.get(attribute, "none")
            known = re.fullmatch(r"var\(--(picture-\w+|bg), #\w+\)", value)
            assert value == "none" or (known and known[1] in {*names, "bg"}), value


@pytest.mark.parametrize("theme", PAGES)
def test_colours_stand_out_on_the_page(theme: str):
    page, colours = PAGES[theme], _colours(theme)
    for name, colour in colours.items():
        least = TEXT if name == "picture-ink" else GRAPHICS
        assert _contrast(_rgb(colour), _rgb(page)) >= least, name
    # Text on the deepest shade that it stands on.
    for name in "abcd":
        shade = [DEEPEST * a + (1 - DEEPEST) * b for a, b in zip(_rgb(colours[f"picture-{name}"]), _rgb(page))]
        assert _contrast(_rgb(colours["picture-ink"]), shade) >= TEXT, name


def _colours(theme: str) -> dict[str, str]:
    """The variables of pictures.css in a theme, by name."""
    blocks = re.findall(r"^([^\n{}@]+(?:,\n[^\n{}]+)*) \{\n([^}]*)\}", _css(), re.MULTILINE)
    colours = {}
    for selectors, body in blocks:
        if {":root", f".{theme}"} & set(re.split(r",\s*", selectors)):
            colours |= dict(re.findall(r"--([\w-]+): (#\w+);", body))
    assert colours
    return colours


def _css() -> str:
    return (ROOT / "book" / "theme" / "pictures.css").read_text("utf-8")


def test_without_javascript_dark_pages_get_the_dark_colours():
    media = _css().partition("@media (prefers-color-scheme: dark)")[2].partition("}\n}")[0]
    assert dict(re.findall(r"--([\w-]+): (#\w+);", media)) == _colours("coal")


def _rgb(colour: str) -> list[float]:
    return [int(colour[index : index + 2], 16) / 255 for index in (1, 3, 5)]


def _contrast(one: list[float], other: list[float]) -> float:
    """The contrast of two colours as WCAG 2.2 defines it."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(rgb: list[float]) -> float:
    linear = [each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in rgb]
    return sum(weight * each for weight, each in zip((0.2126, 0.7152, 0.0722), linear))
