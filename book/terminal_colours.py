"""A line of a recorded terminal as HTML: what rich prints to colour a text becomes a class."""

import re
from html import escape

_ESCAPE = re.compile(r"\x1b\[([\d;]*)m")
_CODE = re.compile(r"38;5;\d+|\d+")
# The codes (SGR, ECMA-48) of bold and dim, of the colours in course.terminal.console, and of the rest of rich's bars.
STYLES = {
    "1": "bold",
    "2": "dim",
    "38;5;28": "green",
    "38;5;160": "red",
    "38;5;130": "yellow",
    "38;5;30": "cyan",
    "38;5;237": "dim",
}


def plain(text: str) -> str:
    """A text without its colours."""
    return _ESCAPE.sub("", text)


def to_html(line: str) -> str:
    """A line with its colours.

    Raises:
        ValueError: a style of it has no class.
    """
    html, styles = "", []
    for index, piece in enumerate(_ESCAPE.split(line)):
        if index % 2 == 0:
            text = escape(piece)
            html += f'<i class="{" ".join(styles)}">{text}</i>' if styles and text else text
            continue
        for code in _CODE.findall(piece) or ["0"]:
            if code == "0":
                styles = []
            elif code in STYLES:
                styles = [*styles, f"t-{STYLES[code]}"]
            else:
                raise ValueError(f"the style {code} of {plain(line)!r} is not known")
    return html
