"""A picture for the book: SVG that stands inline in a page and follows the page's theme.

All pictures are 420 units wide, so that their smallest text is still legible on a telephone.
Numbers are rounded: the same values give the same bytes.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from html import escape

import numpy as np

WIDTH = 420
SMALL, BASE = 15, 16  # sizes of text: on a screen of 360 pixels 11 and 12

# The colours of book/theme/pictures.css, with what stands in for them outside of the book.
COLOURS = {
    "a": "#1a5fb4",
    "b": "#9a4a00",
    "c": "#1b6b3a",
    "d": "#7a2d8e",
    "e": "#b0203a",
    "ink": "#1b1b1b",
    "line": "#5f6b7a",
}
PAGE = "var(--bg, #fff)"  # mdBook's
CRISP = 'shape-rendering="crispEdges"'  # no seams between neighbours
LEVELS = 12  # shades of a heat map
DEEPEST = 0.55  # the deepest shade on which text can still be read


def colour(name: str) -> str:
    return PAGE if name == "page" else f"var(--picture-{name}, {COLOURS[name]})"


def number(value: float) -> str:
    """A coordinate, to a tenth."""
    return f"{round(value, 1) + 0.0:.1f}".removesuffix(".0")  # + 0.0: no minus before a zero


class Picture:
    """Collects shapes, from the back to the front."""

    def __init__(self, name: str, title: str, description: str) -> None:
        self.name = name
        self.title = title
        self.description = description  # what the picture tells, for those who do not see it
        self._shapes: list[str] = []

    def text(
        self,
        x: float,
        y: float,
        text: str,
        *,
        size: float = BASE,
        anchor: str = "start",
        fill: str = "ink",
        mono: bool = False,
        bold: bool = False,
        turn: float = 0,
    ) -> None:
        """Write a line; ``y`` is its baseline, ``turn`` an angle in degrees."""
        attributes = f'x="{number(x)}" y="{number(y)}" font-size="{size}" fill="{colour(fill)}"'
        if anchor != "start":
            attributes += f' text-anchor="{anchor}"'
        if mono:
            attributes += ' font-family="var(--mono-font, monospace)"'
        if bold:
            attributes += ' font-weight="bold"'
        if turn:
            attributes += f' transform="rotate({number(turn)} {number(x)} {number(y)})"'
        self._shapes.append(f"<text {attributes}>{escape(text, quote=False)}</text>")

    def rect(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        *,
        fill: str | None = None,
        opacity: float = 1,
        stroke: str | None = None,
        radius: float = 0,
    ) -> None:
        attributes = f'x="{number(x)}" y="{number(y)}" width="{number(width)}" height="{number(height)}"'
        if radius:
            attributes += f' rx="{number(radius)}"'
        attributes += f' fill="{colour(fill)}"' if fill else ' fill="none"'
        if opacity != 1:
            attributes += f' fill-opacity="{opacity:.2f}"'
        if stroke:
            attributes += f' stroke="{colour(stroke)}" stroke-width="1.5"'
        self._shapes.append(f"<rect {attributes}/>")

    def line(self, *points: tuple[float, float], stroke: str = "line", width: float = 1.5, dash: bool = False) -> None:
        path = "M" + "L".join(f"{number(x)} {number(y)}" for x, y in points)
        dashes = ' stroke-dasharray="5 4"' if dash else ""
        self._shapes.append(
            f'<path d="{path}" fill="none" stroke="{colour(stroke)}" stroke-width="{number(width)}"{dashes}/>'
        )

    def arrow(self, *points: tuple[float, float], stroke: str = "line", width: float = 1.5) -> None:
        """A line with a head at its last point."""
        (x0, y0), (x1, y1) = np.array(points[-2:], float)
        length = np.hypot(x1 - x0, y1 - y0)
        dx, dy = (x1 - x0) / length, (y1 - y0) / length
        back_x, back_y = x1 - 8 * dx, y1 - 8 * dy
        self.line(*points[:-1], (back_x, back_y), stroke=stroke, width=width)
        corners = [(x1, y1), (back_x - 4.5 * dy, back_y + 4.5 * dx), (back_x + 4.5 * dy, back_y - 4.5 * dx)]
        path = "M" + "L".join(f"{number(x)} {number(y)}" for x, y in corners) + "z"
        self._shapes.append(f'<path d="{path}" fill="{colour(stroke)}"/>')

    def down(self, x: float, y: float, *labels: str, length: float = 34) -> float:
        """An arrow downwards with code beside it; returns where its point is."""
        self.arrow((x, y + 4), (x, y + length))
        for index, label in enumerate(labels):
            self.text(x + 12, y + length / 2 + 7 + 19 * (index - (len(labels) - 1) / 2), label, size=SMALL, mono=True)
        return y + length

    def dots(self, points: Iterable[tuple[float, float]], *, fill: str, radius: float, opacity: float = 1) -> None:
        """Round dots, as one path."""
        r = number(radius)
        diameter = number(2 * radius)
        path = "".join(
            f"M{number(x - radius)} {number(y)}a{r} {r} 0 1 0 {diameter} 0a{r} {r} 0 1 0 -{diameter} 0"
            for x, y in points
        )
        self._shapes.append(f'<path d="{path}" fill="{colour(fill)}" fill-opacity="{opacity:.2f}"/>')

    def box(self, x: float, y: float, width: float, height: float, name: str, *lines: str, fill: str) -> None:
        """A box with a name from the code and lines of text below it."""
        self.rect(x, y, width, height, fill=fill, opacity=0.14, stroke=fill, radius=6)
        baseline = y + height / 2 + 5.5 - 10.5 * len(lines)
        self.text(x + width / 2, baseline, name, anchor="middle", mono=True, bold=True, size=SMALL)
        for index, line in enumerate(lines, start=1):
            self.text(x + width / 2, baseline + 21 * index, line, anchor="middle", size=SMALL)

    def circle(self, x: float, y: float, radius: float, *, fill: str, stroke: str) -> None:
        self._shapes.append(
            f'<circle cx="{number(x)}" cy="{number(y)}" r="{number(radius)}" fill="{colour(fill)}" '
            f'stroke="{colour(stroke)}" stroke-width="2"/>'
        )

    def plus(self, x: float, y: float) -> None:
        """The sign for an addition."""
        self.circle(x, y, 13, fill="page", stroke="c")
        self.line((x - 7, y), (x + 7, y), stroke="c", width=2.5)
        self.line((x, y - 7), (x, y + 7), stroke="c", width=2.5)

    def heat(
        self,
        x: float,
        y: float,
        values: np.ndarray,
        cell_width: float,
        cell_height: float,
        *,
        fill: str = "a",
        negative: str = "b",
        most: float | None = None,
        deepest: float = 1,
    ) -> None:
        """A map of ``values`` [rows, columns]: the larger, the deeper; below zero in another colour.

        Args:
            most: the value with the deepest shade. Without it, the largest one.
            deepest: the opacity of that shade.
        """
        most = most or float(np.nanmax(np.abs(np.where(np.isfinite(values), values, 0))))
        shades = np.clip(np.rint(np.where(np.isfinite(values), values, 0) / most * LEVELS), -LEVELS, LEVELS).astype(int)
        runs: dict[int, list[str]] = defaultdict(list)
        for row, line in enumerate(shades):
            for first, last, shade in _runs(line):
                if shade:
                    left, right = number(x + first * cell_width), number(x + last * cell_width)
                    top, bottom = number(y + row * cell_height), number(y + (row + 1) * cell_height)
                    runs[shade].append(f"M{left} {top}H{right}V{bottom}H{left}z")
        for shade in sorted(runs):
            name = colour(fill if shade > 0 else negative)
            opacity = f"{abs(shade) / LEVELS * deepest:.2f}"
            self._shapes.append(f'<path d="{"".join(runs[shade])}" fill="{name}" fill-opacity="{opacity}" {CRISP}/>')
        rows, columns = values.shape
        self.rect(x, y, columns * cell_width, rows * cell_height, stroke="line")

    def svg(self, height: float) -> str:
        """The finished picture."""
        title, description = (f"picture-{self.name}-{part}" for part in ("title", "desc"))
        lines = [
            f'<svg xmlns="http://www.w3.org/2000/svg" class="picture" role="img" '
            f'aria-labelledby="{title} {description}" viewBox="0 0 {WIDTH} {number(height)}" width="100%" '
            'font-family="Open Sans, sans-serif">',
            f'<title id="{title}">{escape(self.title)}</title>',
            f'<desc id="{description}">{escape(" ".join(self.description.split()))}</desc>',
            *self._shapes,
            "</svg>",
        ]
        return "\n".join(lines) + "\n"


def _runs(line: Sequence[int]) -> Iterable[tuple[int, int, int]]:
    """Neighbours that are equal: (first, last + 1, value)."""
    first = 0
    for index in range(1, len(line) + 1):
        if index == len(line) or line[index] != line[first]:
            yield first, index, int(line[first])
            first = index
