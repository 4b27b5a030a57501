"""MAX, made quick and quiet. Everything that runs MAX goes through here, before it imports MAX."""

import logging
import os
import signal
import sys
import threading
import typing
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from typing import TYPE_CHECKING

from course.runtime import extension

if TYPE_CHECKING:
    from max.driver import Device

DEVICE_VARIABLE = "COURSE_DEVICE"

_defaults = ExitStack()  # never closed: MAX's default device and dtype of this process


def prepare() -> None:
    """Set the process up for eager MAX. Call it once, before anything imports MAX."""
    extension.install()
    # MAX warns of a kernel compiled on the spot (ours are loaded beforehand) and of spellings
    # that older texts use and the checks accept.
    logging.getLogger("max").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", category=DeprecationWarning)
    # Each eager operation runs through asyncio.run, which before Python 3.13 swaps the default
    # SIGINT handler out and, to swap it back, renders a repr that holds the whole tensor: a
    # hundredfold slowdown. Any other handler avoids it; this one does what the default does.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, interrupt)
    # MAX asks of each argument of each operation whether it follows a protocol. Before Python 3.12 that lists the
    # protocol's attributes anew each time, which is a tenth of the time of a check.
    if sys.version_info < (3, 12):
        typing._get_protocol_attrs = cache(typing._get_protocol_attrs)  # type: ignore[attr-defined]


def interrupt(signum: int, frame: object) -> None:
    raise KeyboardInterrupt


@contextmanager
def killable() -> Iterator[None]:
    """Let Ctrl-C end the process at once while MAX compiles.

    The compiler is one long native call, and a Python handler would run only after it.
    """
    # Handlers are the main thread's. Another one compiles where an event loop is running, as in a notebook.
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    previous = signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, previous)


@cache
def pick_device(name: str | None = None) -> "Device":
    """The device to run on, which also becomes MAX's default device, in float32.

    Args:
        name: "cpu", "gpu" or "gpu:N". Without a name the environment variable COURSE_DEVICE
            decides, and without that a GPU where MAX sees one, except Apple's, which has given
            wrong logits for sequences of more than three tokens.

    Raises:
        ValueError: the name is unknown, or that device is not there.
    """
    from max.driver import CPU, Accelerator, accelerator_count
    from max.dtype import DType
    from max.experimental import executor, tensor

    said = "--device" if name else DEVICE_VARIABLE
    name = name or os.environ.get(DEVICE_VARIABLE) or None
    count = accelerator_count()
    kind, _, index = (name or "").partition(":")
    if name is None and count and sys.platform == "darwin":
        print("using the CPU: MAX has given wrong logits on Apple's GPU (--device gpu uses it)", file=sys.stderr)
        device = CPU()
    elif name is None:
        device = Accelerator() if count else CPU()
    elif name == "cpu":
        device = CPU()
    elif kind == "gpu" and (index == "" or index.isdecimal()):
        number = int(index or 0)
        if number >= count:
            raise ValueError(f"{said} {name}: it is not there; MAX sees {count} GPUs on this machine")
        device = Accelerator(number)
    else:
        raise ValueError(f"{said} {name}: expected cpu, gpu or gpu:N")

    # MAX's default executor compiles every eager graph in background processes, which take the
    # cores from the program itself. This one compiles only what the interpreter refuses.
    executor.set_default_executor(
        executor._FallbackExecutor(interpreter=executor.InterpreterExecutor(), refusals_only=True)
    )
    _defaults.enter_context(tensor.default_device(device))
    # On an accelerator MAX's own default is bfloat16, which NumPy cannot read.
    _defaults.enter_context(tensor.default_dtype(DType.float32))
    return device
