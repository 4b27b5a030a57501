"""Writes measured figures to a JSON file beside this one, and their tables into benchmarks/README.md.

The book shows them as well, and draws a picture of them: both are made from the JSON file when the book is made.
"""

import json
import re
from pathlib import Path

from benchmarks.peers.report import Results, tables
from course.curriculum.steps import ROOT

SHOWN = "124M"  # the size that benchmarks/README.md and the picture show; the book shows whatever was recorded
BLOCK = re.compile(r"(?<=<!-- bench peers -->\n).*?(?=<!-- end -->)", re.DOTALL)


def write(results: Results, folder: Path = ROOT / "benchmarks") -> None:
    (folder / "peers" / f"{results['size']}.json").write_text(json.dumps(results, indent=1) + "\n")
    if results["size"] == SHOWN:
        readme = folder / "README.md"
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
