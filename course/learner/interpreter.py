"""The command ``python``: Python in which MAX is quick, the course's modules import, and tensors show their values."""

import bdb
import code
import runpy
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import ModuleType, TracebackType

from course import runtime
from course.refusal import Refusal, refusing
from course.terminal import console
from course.terminal.waiting import Waiting

BEGINNING = """\
import numpy as np
from max.driver import CPU
from max.dtype import DType
from max.experimental import functional as F
from max.experimental.tensor import Tensor
"""
BANNER = f"""\
Python {sys.version.split()[0]} with MAX. A tensor shows its values; Ctrl-D ends it. Already done for you:
{BEGINNING}
The reference is in solutions, your own work in steps: from steps.step_08 import compute_attention"""


def interpret(source: str | Path | None, arguments: Sequence[str], device: str | None) -> int:
    """Run some code, a file, or what is typed.

    Args:
        source: code, the path of a file, or None for standard input: a person's at a terminal, else a program.
        arguments: what the code finds in ``sys.argv`` behind its own name.
        device: as for ``runtime.start``.

    Returns:
        The exit code.

    Raises:
        Refusal: the file cannot be read, or the device is not there.
    """
    if source is None and not sys.stdin.isatty():
        name, text = "<stdin>", sys.stdin.buffer.read()
    elif isinstance(source, Path):
        try:
            name, text = str(source), source.read_bytes()
        except OSError as error:
            raise Refusal(f"{source} cannot be read: {error.strerror}") from error
    else:
        name, text = "<string>", (source or "").encode()
    sys.argv = [name if isinstance(source, Path) else "", *arguments]
    sys.path[:0] = [str(source.resolve().parent)] if isinstance(source, Path) else []
    with _max(device):
        if source is None and sys.stdin.isatty():
            _talk()
            return 0
        return _run(text, name)


def interpret_module(name: str, arguments: Sequence[str], device: str | None) -> int:
    """Run a module, as ``python -m`` does. Arguments and result are those of ``interpret``."""
    sys.argv = [name, *arguments]
    with _max(device):
        runpy.run_module(name, run_name="__main__", alter_sys=True)
    return 0


@contextmanager
def _max(device: str | None) -> Iterator[None]:
    """MAX as the checks have it: kernels loaded, operations that run together, and a word where one is compiled."""
    with Waiting() as waiting:
        with refusing(ValueError):
            runtime.start(device, progress=waiting.kernels)
        from course.runtime import kernels
        from course.runtime.gather import gathered

        kernels.on_compile(lambda kernel: waiting.say(f"MAX compiles {kernel}, this once"), lambda: waiting.say(""))
        waiting.say("")
        with gathered():
            yield


def _talk() -> None:
    """Run what is typed, line by line, with keys to edit a line, to recall earlier ones and to complete a name."""
    import readline
    import rlcompleter

    main = _main()
    exec(BEGINNING, main.__dict__)
    readline.set_completer(rlcompleter.Completer(main.__dict__).complete)
    readline.parse_and_bind("tab: complete")
    console.err.print(BANNER, style="dim", markup=False)
    with suppress(bdb.BdbQuit):
        code.InteractiveConsole(main.__dict__).interact(banner="", exitmsg="")


def _run(text: bytes, name: str) -> int:
    """Run a program as ``__main__``. What it raises is shown from its own first line on."""
    main = _main()
    main.__dict__["__file__"] = name
    try:
        exec(compile(text, name, "exec"), main.__dict__)
    except bdb.BdbQuit:
        return 1
    except Exception as error:
        traceback.print_exception(type(error), error, _from(name, error.__traceback__))
        return 1
    return 0


def _main() -> ModuleType:
    """A new ``__main__``, where dataclasses and pickle look for what it defines."""
    sys.modules["__main__"] = main = ModuleType("__main__")
    return main


def _from(name: str, trace: TracebackType | None) -> TracebackType | None:
    """The part of a traceback that begins in a file; nothing of one that does not reach it."""
    while trace and trace.tb_frame.f_code.co_filename != name:
        trace = trace.tb_next
    return trace
