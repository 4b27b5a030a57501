"""How fast the engine is beside its peers, from what ./run bench peers recorded."""

from benchmarks.peers.contenders import OURS
from benchmarks.peers.record import SHOWN
from benchmarks.peers.report import BYTES, DECODE, Results, Row, first, members, rate, read_results, roofline
from book.pictures.svg import SMALL, WIDTH, Picture

GROUPS = [
    (DECODE, "One text: tokens per second"),
    (rate(16, 32), "16 texts at once: tokens per second"),
    (first(512), "First token after 512: milliseconds, less is better"),
]
LEFT, RIGHT, LINE = 180, 376, 22  # where bars begin and may end, and the height of each


def draw(results: Results | None = None) -> str:
    results = results or read_results(SHOWN)
    p = Picture("speed", f"The engine beside its peers, on GPT-2 {results['size']}", description(results))
    height = 48 + len(GROUPS) * (42 + LINE * len(results["contenders"]))
    p.rect(0, 0, WIDTH, height, fill="page")  # the README may stand on a dark page
    y = 4.0
    for row, title in GROUPS:
        p.text(2, y + 18, title, size=SMALL, bold=True)
        y = bars(p, y + 28, results, row) + 14
    p.text(2, y + 14, f"Dashed: what memory allows in float32, {roofline(results, 'float32'):.0f}.", size=SMALL)
    p.text(2, y + 34, f"{results['machine']}, by ./run bench peers.", size=SMALL)
    return p.svg(height)


def bars(p: Picture, y: float, results: Results, row: Row) -> float:
    """A bar for each contender, as long as its figure; returns where the last one ends."""
    values = {name: row.value(each) for weights in BYTES for name, each in members(results, weights).items()}
    bound = roofline(results, "float32") if row is DECODE else 0
    scale = (RIGHT - LEFT) / max(*values.values(), bound)
    if bound:
        x = LEFT + bound * scale
        p.line((x, y), (x, y + LINE * len(members(results, "float32"))), stroke="b", width=2, dash=True)
    for name, value in values.items():
        is_ours = name.startswith(OURS)
        p.text(LEFT - 8, y + 16, name, size=SMALL, anchor="end", bold=is_ours)
        p.rect(LEFT, y + 3, value * scale, LINE - 6, fill="a" if is_ours else "line")
        p.text(LEFT + value * scale + 6, y + 16, f"{value:.0f}", size=SMALL, bold=is_ours)
        y += LINE
    return y


def description(results: Results) -> str:
    parts = []
    for row, title in GROUPS:
        told = ", ".join(f"{name} {row.value(each):.0f}" for name, each in results["contenders"].items())
        parts.append(f"{title}: {told}.")
    allowed = f"{roofline(results, 'float32'):.0f} tokens per second"
    return " ".join([*parts, f"Reading the float32 weights once for each token allows {allowed}."])
