"""The tables of steps 05 and 06: looking up a row, and what the rows of the small checkpoint resemble."""

import numpy as np

from book.pictures.storyteller import config, encode, load, run, words
from book.pictures.svg import SMALL, Picture

LEFT, ROW, FEATURE = 162, 24, 2


def tokens() -> str:
    ids = encode(" the squirrel and the mule")
    rows = run(load().transformer.wte, ids)[0]
    some = encode(" Lily Nora Luna Rosa big wise gentle grey morning day afternoon evening")
    alike = _similarity(run(load().transformer.wte, some)[0])
    is_group = np.kron(np.eye(3, dtype=bool), np.ones((4, 4), dtype=bool))
    within = alike[is_group & ~np.eye(12, dtype=bool)].mean()
    across = alike[~is_group].mean()
    p = Picture(
        "token-embeddings",
        "Token embeddings: a row for each id, and similar rows for similar words",
        f"""Above, five tokens, their ids and the rows of wte that the ids select, as strips of {config.n_embd} coloured
        features: the token "the" stands in two places and gets the same row in both. Below, how much the rows of twelve
        words resemble each other (cosine): four names, four adjectives, four times of day. Within a group the mean is
        {within:.2f}, between the groups {across:.2f}.""",
    )
    y = _lookup(
        p, "self.weight", "[vocab_size, n_embd]", rows, [(w.strip(), str(i)) for w, i in zip(words(ids), ids[0])]
    )
    p.text(2, y + 40, "How alike the rows of wte are", bold=True)
    return p.svg(_square(p, y + 52, [word.strip() for word in words(some)], alike) + 4)


def positions() -> str:
    rows = run(load().transformer.wpe, np.zeros((1, config.n_positions), np.int64))
    step = 8
    alike = _similarity(rows)[::step, ::step]
    near, far = alike.diagonal(1).mean(), alike[:8, -8:].mean()
    p = Picture(
        "position-embeddings",
        "Position embeddings: a row for each place, and similar rows for places nearby",
        f"""Above, the rows of wpe for positions 0 to 4, as strips of {config.n_embd} coloured features: the first five
        tokens of every text get these, whatever they are. Below, how much the rows of every eighth position resemble each
        other (cosine), from 0 to {config.n_positions - 1}: those that are eight places apart are alike (mean {near:.2f}),
        the first and the last quarter are opposed ({far:.2f}).""",
    )
    y = _lookup(p, "self.weight", "[n_positions, n_embd]", rows[:5], [("position", str(i)) for i in range(5)])
    p.text(2, y + 40, "How alike the rows of wpe are", bold=True)
    top, left, cell = y + 84, 60, 352 / len(alike)
    p.heat(left, top, alike, cell, cell, most=1)
    for position in range(0, config.n_positions, 64):
        at = (position / step + 0.5) * cell
        p.text(left - 8, top + at + 5, str(position), size=SMALL, anchor="end")
        p.text(left + at, top - 8, str(position), size=SMALL, anchor="middle")
    return p.svg(_scale(p, top + 352, left) + 4)


def _lookup(p: Picture, name: str, axes: str, rows: np.ndarray, labels: list[tuple[str, str]]) -> float:
    """What is looked up, its index, and the row of the table; returns where it ends."""
    p.text(LEFT, 18, name, size=SMALL, mono=True, bold=True)
    p.text(LEFT, 38, axes, size=SMALL, mono=True)
    most = float(np.quantile(np.abs(rows), 0.99))
    for index, ((word, number), row) in enumerate(zip(labels, rows)):
        y = 50 + (ROW + 8) * index
        p.text(70, y + 17, word, size=SMALL, anchor="end")
        p.text(116, y + 17, number, size=SMALL, anchor="end", mono=True)
        p.arrow((124, y + 12), (156, y + 12))
        p.heat(LEFT, y, row[None], FEATURE, ROW, most=most)
    return 50 + (ROW + 8) * len(rows)


def _similarity(rows: np.ndarray) -> np.ndarray:
    """The cosine of the angle between each two rows."""
    rows = rows / np.linalg.norm(rows, axis=-1, keepdims=True)
    return rows @ rows.T


def _square(p: Picture, y: float, names: list[str], values: np.ndarray) -> float:
    """A map with named rows and columns; returns where it ends."""
    left, top, cell = 84, y + 64, 27.5
    p.heat(left, top, values, cell, cell, most=1)
    for index, name in enumerate(names):
        at = cell * (index + 0.5)
        p.text(left - 8, top + at + 5, name, size=SMALL, anchor="end")
        p.text(left + at + 5, top - 8, name, size=SMALL, turn=-90)
    return _scale(p, top + cell * len(names), left)


def _scale(p: Picture, y: float, left: float) -> float:
    """What the colours mean; returns where it ends."""
    width = 10
    p.heat(left + 60, y + 14, np.linspace(-1, 1, 21)[None], width, 16, most=1)
    p.text(left + 52, y + 28, "−1", size=SMALL, anchor="end")
    p.text(left + 60 + width * 21 + 8, y + 28, "1", size=SMALL)
    return y + 32
