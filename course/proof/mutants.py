"""What the checks made of the solutions' mutants, as tools/mutants.py has recorded it."""

import json
from pathlib import Path
from typing import Any

from course import toml
from course.curriculum.steps import ROOT
from course.proof.point import Point

RECORD = "tests/mutants.json"
EQUIVALENT = "tests/mutants.toml"
CAUGHT = 0.99  # of the mutants, at least

Found = dict[str, Any]


def read_mutants(root: Path = ROOT) -> dict[int, Found]:
    """For each step how many mutants there are, how many are caught, and which are not; nothing where none is known."""
    path = root / RECORD
    recorded = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return {int(step): found for step, found in recorded.items()}


def read_equivalent(step: int) -> set[str]:
    """The mutants of a step that do the same as the solution."""
    entries = toml.loads((ROOT / EQUIVALENT).read_text(encoding="utf-8"))["equivalent"]
    return {mutant for entry in entries if entry["step"] == step for mutant in entry["mutants"]}


def mutants_are_caught(root: Path) -> Point:
    """The checks catch nearly all mutants, and those that are said to be equivalent are."""
    recorded = read_mutants(root)
    tried = sum(found["mutants"] for found in recorded.values())
    caught = sum(found["caught"] for found in recorded.values())
    faults = [
        f"{EQUIVALENT}: {mutant} is caught, or does not exist"
        for found in recorded.values()
        for mutant in found["not equivalent"]
    ]
    if caught < CAUGHT * tried:
        faults += [
            f"step {step:02} survives: {mutant}" for step, found in recorded.items() for mutant in found["survivors"]
        ]
    return Point.about(tried, f"mutants of the solutions, of which the checks catch {CAUGHT:.0%} or more", faults)
