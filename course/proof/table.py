"""The files of the repository that a program has written: of each its sources and the command that makes it.

``./run make`` makes anew what is stale, and ``./run verify`` says what is. A row is stale when its sources or what was
made of them are not as they were when it was made last, which tools/made.json remembers.
"""

import hashlib
import io
import json
import platform
import sys
import tokenize
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from course.curriculum.steps import ROOT

RECORD = "tools/made.json"


def _always() -> str | None:
    return None


def _with_torch() -> str | None:
    return None if find_spec("torch") else "needs PyTorch: .venv/bin/python -m pip install torch==2.13.0"


def _on_x86_64_linux() -> str | None:
    here = (sys.platform, platform.machine())
    return None if here == ("linux", "x86_64") else "needs Linux on x86-64"


@dataclass(frozen=True)
class Row:
    """What one command makes.

    Attributes:
        makes: the files that it writes, as patterns.
        sources: the files that it makes them of, as patterns.
        command: the module that is run.
        cannot: says why it cannot be made on this machine, or None.
    """

    name: str
    what: str
    makes: tuple[str, ...]
    sources: tuple[str, ...]
    command: str
    cannot: Callable[[], str | None] = _always


SOLUTIONS = "solutions/solution_*.py"
TRAINING = tuple(f"training/{name}.py" for name in "loop model optimizer sizes tokenizer windows".split())
CHECKS = ("tests/*.py", "tests/fixtures/step_*.npz")

TABLE = (
    Row("skeletons", "the learner's files", ("steps/step_*.py",), (SOLUTIONS, "tools/skeletons.py"), "tools.skeletons"),
    Row(
        "fixtures",
        "inputs of the checks, and what transformers makes of them",
        ("tests/fixtures/step_0*.npz", "tests/fixtures/step_1[0-3].npz"),
        ("tools/fixtures.py",),
        "tools.fixtures",
        _with_torch,
    ),
    Row(
        "evaluation-fixtures",
        "what transformers says of how likely texts are",
        ("tests/fixtures/step_15.npz",),
        ("tools/fixtures.py", "tools/evaluation_fixtures.py"),
        "tools.evaluation_fixtures",
        _with_torch,
    ),
    Row(
        "sampling-fixtures",
        "what the logits processors of transformers make of logits",
        ("tests/fixtures/sampling.npz", "tests/fixtures/step_17.npz"),
        ("tools/sampling_fixtures.py", "course/grading/trial/filters.py"),
        "tools.sampling_fixtures",
        _with_torch,
    ),
    Row(
        "text-fixtures",
        "the texts that transformers writes with the story model",
        ("tests/fixtures/greedy.npz", "tests/fixtures/beams.npz"),
        ("tools/text_fixtures.py", "models/storyteller/model.safetensors", "models/storyteller/tokenizer.json"),
        "tools.text_fixtures",
        _with_torch,
    ),
    Row(
        "family-fixtures",
        "logits and texts of relatives of GPT-2, as transformers computes them",
        ("tests/fixtures/family.npz",),
        ("tools/family_fixtures.py", "selftests/gpt2/families.py"),
        "tools.family_fixtures",
        _with_torch,
    ),
    Row(
        "mistakes",
        "what the checks see of each known mistake",
        ("tests/mistakes/step_*.npz",),
        ("tests/mistakes/step_*.toml", SOLUTIONS, *CHECKS),
        "tools.mistakes",
    ),
    Row(
        "mutants",
        "which of the solutions' mutants the checks catch, in ten minutes",
        ("tests/mutants.json",),
        ("tests/mutants.toml", "tools/mutation.py", "tools/mutants.py", SOLUTIONS, *CHECKS),
        "tools.mutants",
    ),
    Row(
        "kernels",
        "what MAX compiles, for x86-64",
        ("kernels/*.tar.xz", "kernels/index.json", "kernels/needs.json"),
        ("course/runtime/operations.py", "gpt2/cpu/operation.py", "gpt2/cpu/mojo/*.mojo", SOLUTIONS),
        "tools.kernels",
        _on_x86_64_linux,
    ),
    Row(
        "pictures",
        "the pictures of the book",
        ("book/pictures/*.svg",),
        ("book/pictures/*.py", "book/pictures/losses.json", "benchmarks/peers/124M.json", SOLUTIONS),
        "book.pictures",
    ),
    Row(
        "play",
        "the numbers behind the pages to play with",
        ("book/play/*.json",),
        ("book/export.py", SOLUTIONS),
        "book.export",
    ),
    Row(
        "terminals",
        "what the book shows of a terminal",
        ("book/terminal/*.txt",),
        ("book/capture.py", "course/terminal/verdicts.py", "tests/mistakes/step_*.toml", SOLUTIONS, *CHECKS),
        "book.capture",
    ),
    Row(
        "notebook",
        "the whole model in one notebook",
        ("book/notebook/gpt2.ipynb",),
        ("book/notebook.py", "book/src/*.md", SOLUTIONS),
        "book.notebook",
    ),
    Row(
        "screenshot",
        "the picture in README.md",
        ("tools/screenshot.svg",),
        ("tools/screenshot.py", "book/capture.py", "tests/mistakes/step_08.toml", "solutions/solution_08.py"),
        "tools.screenshot",
    ),
    Row(
        "architecture",
        "the picture in ARCHITECTURE.md",
        ("tools/architecture.svg",),
        ("tools/architecture.py",),
        "tools.architecture",
    ),
    Row(
        "storyteller",
        "the small model, in half an hour",
        ("models/storyteller/*.json", "models/storyteller/model.safetensors", "models/storyteller/README.md"),
        ("models/storyteller/training/*.py", "models/storyteller/training/plots/*.py", *TRAINING),
        "models.storyteller.training.train",
        _with_torch,
    ),
)


def state_of(row: Row, root: Path = ROOT) -> dict[str, str]:
    """What identifies the sources of a row, and what was made of them."""
    return {"sources": _digest(row.sources, root), "made": _digest(row.makes, root)}


def why_stale(row: Row, root: Path = ROOT) -> str | None:
    """Why a row has to be made anew; None where it has not."""
    recorded, now = read_record(root).get(row.name), state_of(row, root)
    missing = [pattern for pattern in row.makes if not list(root.glob(pattern))]
    if missing:
        return f"there is no {missing[0]}"
    if recorded is None:
        return "nothing is known of how it was made"
    if recorded["sources"] != now["sources"]:
        return f"{', '.join(row.sources)}: changed since it was made"
    return None if recorded == now else f"{', '.join(row.makes)}: changed by hand"


def read_record(root: Path = ROOT) -> dict[str, dict[str, str]]:
    path = root / RECORD
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def record(row: Row, root: Path = ROOT) -> None:
    """Remember that a row is as its sources make it."""
    known = read_record(root) | {row.name: state_of(row, root)}
    ordered = {each.name: known[each.name] for each in TABLE if each.name in known}
    (root / RECORD).write_text(json.dumps(ordered, indent=1) + "\n", encoding="utf-8")


def _digest(patterns: Iterable[str], root: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted({path for pattern in patterns for path in root.glob(pattern)}):
        content = path.read_bytes()
        if path.suffix == ".py":
            content = _without_comments(content)
        digest.update(f"{path.relative_to(root).as_posix()}:{len(content)}:".encode() + content)
    return digest.hexdigest()[:16]


def _without_comments(source: bytes) -> bytes:
    """Python without comments and empty lines, which make nothing stale."""
    lines = source.decode().splitlines()
    for token in tokenize.tokenize(io.BytesIO(source).readline):
        if token.type == tokenize.COMMENT:
            row, column = token.start
            lines[row - 1] = lines[row - 1][:column]
    return "\n".join(line.rstrip() for line in lines if line.strip()).encode()
