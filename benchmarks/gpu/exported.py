"""What ``./run verify --gpu`` compiled, on its way to a machine with such a GPU: ``python -m benchmarks.gpu.exported``.

It is kept in the cache of the machine that compiled it. ``python -m benchmarks.gpu.exported TARGET FOLDER`` copies it
into a folder. Where that folder is named by the variable ``GPU_EXPORTED``, ``benchmarks.gpu`` takes graphs from there
instead of compiling them.
"""

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from course.curriculum.steps import ROOT

FOLDER = "GPU_EXPORTED"

T = TypeVar("T")


def copy(target: str, folder: Path) -> list[str]:
    """Copy every part that was compiled for a target. Returns their names."""
    from course.proof.gpu import DONE, PARTS, folder_of

    there = {part: folder_of(ROOT, target, part) for part in PARTS}
    done = [part for part, kept in there.items() if (kept / DONE).exists()]
    for part in done:
        shutil.copytree(there[part], folder / part, dirs_exist_ok=True)
    return done


def take_or_compile(part: str, load: Callable[[], T]) -> tuple[T, str]:
    """Call ``load``, in which MAX takes what is exported of a part where that is the very same graph.

    Returns:
        What it returned, and in words where it came from.
    """
    folder = Path(os.environ.get(FOLDER) or os.devnull) / part
    if not folder.is_dir():
        return load(), "compiled here: nothing was exported"
    try:
        with _taken_from(folder):
            return load(), "exported"
    except (LookupError, OSError, RuntimeError, ValueError) as error:
        return load(), f"compiled here: {error}"[:300]


@contextmanager
def _taken_from(folder: Path) -> Iterator[None]:
    from max.engine import InferenceSession

    before = InferenceSession.default_mef_store
    InferenceSession.default_mef_store = _store(folder)
    try:
        yield
    finally:
        InferenceSession.default_mef_store = before


def _store(folder: Path) -> Any:
    from max.engine import MefStore

    return MefStore.for_import(folder, verify_body=True)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    print(*copy(sys.argv[1], Path(sys.argv[2])))
