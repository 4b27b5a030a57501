"""Keeps measured figures: in a file beside this one, and in benchmarks/README.md. ./run make pictures draws them."""

import json
import re
from pathlib import Path

from benchmarks.peers.report import Results, tables
from course.curriculum.steps import ROOT

SHOWN = "124M"  # the size in benchmarks/README.md and the picture; the book shows whatever was recorded
BLOCK = re.compile(r"(?<=<!-- bench peers -->\n).*?(?=<!-- end -->)", re.DOTALL)


def write(results: Results, root: Path = ROOT) -> None:
    path = root / "benchmarks/peers" / f"{results['size']}.json"
    path.write_text(json.dumps(results, indent=1) + "\n")
    if results["size"] == SHOWN:
        readme = root / "benchmarks" / "README.md"
        readme.write_text(fill(readme.read_text("utf-8"), results), "utf-8")


def fill(text: str, results: Results) -> str:
    """A text with the tables in its marked block.

    Raises:
        ValueError: there is not exactly one such block.
    """
    text, count = BLOCK.subn(lambda _: f"\n{tables(results)}\n\n", text)
    if count != 1:
        raise ValueError(f"{count} blocks between <!-- bench peers --> and <!-- end -->, not 1")
    return text
