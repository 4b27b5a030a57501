"""What the checks made of the solutions' mutants, as tools/mutants.py has recorded it."""

import json
from typing import Any

try:
    import tomllib
except ModuleNotFoundError:  # Python 3.10
    import tomli as tomllib  # type: ignore[no-redef]

from course.curriculum.steps import ROOT

RECORD = ROOT / "tests" / "mutants.json"
EQUIVALENT = ROOT / "tests" / "mutants.toml"


def read_mutants() -> dict[int, dict[str, Any]]:
    """For each step the number of its mutants, of those caught, and which were not."""
    return {int(step): made for step, made in json.loads(RECORD.read_text(encoding="utf-8")).items()}


def read_equivalent(step: int) -> dict[str, str]:
    """The mutants of a step that do the same as the solution, and why."""
    entries = tomllib.loads(EQUIVALENT.read_text(encoding="utf-8"))["equivalent"]
    return {entry["mutant"]: entry["reason"] for entry in entries if entry["step"] == step}
