"""Draws the picture in ARCHITECTURE.md from the imports: python -m tools.architecture

A box is a room; an arrow leads to a room that it imports. Arrows that follow from others are left out.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

from course.curriculum.steps import ROOT

PICTURE = ROOT / "tools" / "architecture.svg"

ROOMS = {
    "solutions": "the model, a step a file",
    "tests": "the checks of each step",
    "kernels": "what MAX compiled, shipped",
    "gpt2": "the engine",
    "gpt2.serving": "the model for MAX's server",
    "course.curriculum": "steps, TODOs, mistakes",
    "course.runtime": "device, kernels",
    "course.judging": "a file meets its checks",
    "course.terminal": "what a person sees",
    "course.learner": "hint, diff, watch, progress",
    "course.writing": "generate, serve, train",
    "course.grading": "a class",
    "course.grading.trial": "judged from outside",
    "course.grading.inside": "in the sandbox",
    "course.proof": "is the course whole?",
    "course.commands": "./run NAME",
    "book": "chapters, pictures, pages",
    "training": "a model of one's own",
    "benchmarks": "how fast, beside whom",
    "tools": "what makes generated files",
}
WIDTH, ROOM, HEIGHT, GAP = 1000, 168, 44, 44

STYLE = """
text { font: 13px ui-sans-serif, system-ui, sans-serif; text-anchor: middle; fill: #1f2328; }
.name { font-weight: 600; } .what { font-size: 11px; fill: #59636e; }
rect { fill: #f6f8fa; stroke: #8c959f; } path { fill: none; stroke: #6e7781; } marker path { fill: #6e7781; }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3; } .what { fill: #9198a1; } rect { fill: #161b22; stroke: #6e7681; }
  path { stroke: #8b949e; } marker path { fill: #8b949e; }
}"""


def arrows() -> set[tuple[str, str]]:
    """Pairs of rooms of which the first imports the second, on its own or in a function."""
    found = set()
    for room in ROOMS:
        for path in (ROOT / room.replace(".", "/")).rglob("*.py"):
            module = path.relative_to(ROOT).with_suffix("").as_posix().replace("/", ".")
            if _room(module) == room:
                found |= {(room, other) for name in _imports(path) if (other := _room(name)) not in (None, room)}
    return found


def _room(module: str) -> str | None:
    """The innermost room that a module is in."""
    inside = [room for room in ROOMS if module == room or module.startswith(f"{room}.")]
    return max(inside, key=len, default=None)


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def layers(pairs: set[tuple[str, str]]) -> dict[str, int]:
    """How far above the ground each room stands: above all that it imports."""
    below = {room: {other for one, other in pairs if one == room} for room in ROOMS}
    level: dict[str, int] = {}
    while len(level) < len(ROOMS):
        ready = [room for room in ROOMS if room not in level and below[room] <= level.keys()]
        if not ready:
            raise ValueError(f"a circle of imports among {sorted(ROOMS.keys() - level.keys())}")
        level |= {room: 1 + max((level[other] for other in below[room]), default=-1) for room in ready}
    return level


def reduced(pairs: set[tuple[str, str]]) -> list[tuple[str, str]]:
    """The arrows that do not follow from others."""
    level = layers(pairs)
    reach: dict[str, set[str]] = {}
    for room in sorted(ROOMS, key=level.__getitem__):
        direct = {other for one, other in pairs if one == room}
        reach[room] = direct.union(*(reach[other] for other in direct))
    return sorted(
        (one, other)
        for one, other in pairs
        if not any(other in reach[between] for first, between in pairs if first == one and between != other)
    )


def picture() -> str:
    """The picture, as SVG; the same each time."""
    pairs = arrows()
    level = layers(pairs)
    rows = [[room for room in ROOMS if level[room] == number] for number in range(max(level.values()), -1, -1)]
    place = {}
    for number, row in enumerate(rows):
        for index, room in enumerate(row):
            x = WIDTH * (index + 0.5) / len(row) if len(row) > 1 else WIDTH / 2
            place[room] = (round(x), 30 + number * (HEIGHT + GAP))
    lines = []
    for one, other in reduced(pairs):
        (x1, y1), (x2, y2) = place[one], place[other]
        y1, y2 = y1 + HEIGHT, y2 - 6
        bend = (y1 + y2) // 2
        lines.append(f'<path d="M{x1},{y1} C{x1},{bend} {x2},{bend} {x2},{y2}" marker-end="url(#tip)"/>')
    for room, (x, y) in place.items():
        lines.append(f'<rect x="{x - ROOM // 2}" y="{y}" width="{ROOM}" height="{HEIGHT}" rx="6"/>')
        lines.append(f'<text class="name" x="{x}" y="{y + 18}">{room}</text>')
        lines.append(f'<text class="what" x="{x}" y="{y + 34}">{ROOMS[room]}</text>')
    height = 30 + len(rows) * (HEIGHT + GAP)
    tip = '<marker id="tip" viewBox="0 0 6 6" refX="3" refY="3" markerWidth="6" markerHeight="6" orient="auto">'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img">\n'
        f"<title>The rooms of the course, and which imports which</title>\n<style>{STYLE}\n</style>\n"
        f'<defs>{tip}<path d="M0,0 L6,3 L0,6 z"/></marker></defs>\n' + "\n".join(lines) + "\n</svg>\n"
    )


if __name__ == "__main__":
    PICTURE.write_text(picture(), encoding="utf-8")
