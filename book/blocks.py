"""Runs the blocks of Python that stand in the pages: those of a page in one namespace, from top to bottom."""

import contextlib
import io
import json
import linecache
import subprocess
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path

Block = tuple[int, str, str | None]  # the line of its fence, its code, the output that the page shows


def run(pages: list[tuple[str, list[Block]]], root: Path) -> list[str]:
    """Run the blocks of each page, in a process of their own with MAX, and say what is wrong with them."""
    ran = subprocess.run(
        [sys.executable, "-m", "book.blocks"], cwd=root, input=json.dumps(pages), capture_output=True, text=True
    )
    if ran.returncode:
        return [f"the blocks cannot be run: {ran.stderr[-300:].strip()}"]
    return json.loads(ran.stdout)


def main() -> None:
    pages = json.load(sys.stdin)
    code = "\n".join(code for _, blocks in pages for _, code, _ in blocks)
    faults = []
    with _max() if "solutions" in code or "max." in code else contextlib.nullcontext():
        for page, blocks in pages:
            namespace: dict[str, object] = {"__name__": "__main__"}
            for line, code, expected in blocks:
                if fault := _fault(page, line, code, expected, namespace):
                    faults.append(fault)
                    break  # what follows stands on this one
    print(json.dumps(faults))


def _fault(page: str, line: int, code: str, expected: str | None, namespace: dict[str, object]) -> str | None:
    name = f"<{page}, line {line}>"
    linecache.cache[name] = (len(code), None, code.splitlines(keepends=True), name)  # where inspect looks
    printed = io.StringIO()
    try:
        with contextlib.redirect_stdout(printed):
            exec(compile(code, name, "exec"), namespace)
    except SyntaxError as error:
        return f"{page}, line {line + (error.lineno or 0)}: SyntaxError: {error.msg}"
    except BaseException as error:  # whatever a page does, the other pages get their turn
        frames = [frame.lineno or 0 for frame in traceback.extract_tb(error.__traceback__) if frame.filename == name]
        return f"{page}, line {line + (frames or [0])[-1]}: {type(error).__name__}: {error}"
    if expected is not None and printed.getvalue().rstrip() != expected.rstrip():
        return f"{page}, line {line}: it prints {printed.getvalue().rstrip()!r}, not {expected.rstrip()!r}"
    return None


@contextlib.contextmanager
def _max() -> Iterator[None]:
    """MAX as ``./run python`` sets it up, so that the blocks are quick, and tensors print their values."""
    from course import runtime

    runtime.start()
    from course.runtime.gather import gathered

    with gathered():
        yield


if __name__ == "__main__":
    main()
