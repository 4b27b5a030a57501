"""What may have been meant where tests/crashes.toml has no entry: names that are alike, and how a call is written."""

import builtins
import difflib
import inspect
import re
from collections.abc import Callable, Iterable
from types import FrameType, ModuleType, TracebackType
from typing import Any

OWNERS = ("self", "config")  # whose attributes are taken for names of their own

# What the steps import, by the name that they give it.
IMPORTS = {
    "np": "import numpy as np",
    "math": "import math",
    "F": "from max.experimental import functional as F",
    "random": "from max.experimental import random",
    "Tensor": "from max.experimental.tensor import Tensor",
    "CPU": "from max.driver import CPU",
    "Device": "from max.driver import Device",
    "DType": "from max.dtype import DType",
    "Linear": "from max.experimental.nn import Linear",
    "Module": "from max.experimental.nn import Module",
    "Sequential": "from max.experimental.nn import Sequential",
    "StaticDim": "from max.graph import StaticDim",
    "GPT2Config": "from solutions.solution_01 import GPT2Config",
    "causal_mask": "from solutions.solution_02 import causal_mask",
    "LayerNorm": "from solutions.solution_03 import LayerNorm",
    "ResidualBlock": "from solutions.solution_10 import ResidualBlock",
}

_IMPORT = re.compile(r"cannot import name '(\w+)'")
_CALL = re.compile(
    r"([\w.]+)\(\) (?:got an unexpected keyword|got multiple values|takes \d+ positional|takes from|missing \d)"
)


def suggestion(error: BaseException) -> str | None:
    """What may have been meant where an exception arose, told from the names that are there."""
    frame = last_frame(error.__traceback__)
    if isinstance(error, NameError) and error.name and frame:
        return _of_name(error.name, frame)
    if isinstance(error, ImportError) and (wanted := _IMPORT.search(str(error))):
        return next((f"Write {each}." for each in IMPORTS.values() if f"import {wanted[1]}" in each), None)
    if isinstance(error, AttributeError) and error.name:
        return _of_attribute(error)
    if isinstance(error, TypeError) and (call := _CALL.search(str(error))):
        return _of_call(call[1], error.__traceback__)
    return None


def owner(error: NameError) -> str | None:
    """What has an attribute of a name that is not defined, where it was used."""
    frame = last_frame(error.__traceback__)
    if not (frame and error.name):
        return None
    return next((each for each in OWNERS if hasattr(frame.f_locals.get(each), error.name)), None)


def last_frame(trace: TracebackType | None) -> FrameType | None:
    """Where an exception arose."""
    while trace and trace.tb_next:
        trace = trace.tb_next
    return trace.tb_frame if trace else None


def _of_name(name: str, frame: FrameType) -> str:
    if name in IMPORTS:
        return f"{IMPORTS[name]} belongs at the top of the file."
    told = f"Nothing is called {name} here."
    known = [each for each in (*frame.f_locals, *frame.f_globals, *dir(builtins)) if not each.startswith("_")]
    if alike := _alike(name, known):
        return f"{told} Did you mean {alike}?"
    own = [each for each in frame.f_locals if each.isidentifier() and each not in ("self", "__class__")]
    return f"{told} The names in {frame.f_code.co_name}: {_listed(own)}." if own else told


def _of_attribute(error: AttributeError) -> str | None:
    from max.experimental import functional
    from max.experimental.tensor import Tensor

    name = error.name or ""
    if isinstance(error.obj, Tensor):
        if _has(functional, name):
            return f"In MAX this is a function, not a method: F.{name}(x)."
        alike = _alike(name, [f"F.{each}" for each in dir(functional)] + [f"x.{each}" for each in dir(Tensor)])
        return f"MAX's tensors have no {name}." + (f" Did you mean {alike}?" if alike else "")
    if error.obj is functional:
        if hasattr(Tensor, name):
            return f"In MAX this is a method: x.{name}."
        alike = _alike(name, dir(functional))
        return f"MAX has no F.{name}." + (f" Did you mean F.{alike}?" if alike else "")
    if isinstance(error.obj, ModuleType) or callable(error.obj):
        return None
    alike = _alike(name, dir(error.obj))
    return f"Did you mean {alike}?" if alike else None


def _of_call(name: str, trace: TracebackType | None) -> str | None:
    """How a function is called, from its signature."""
    last = name.rpartition(".")[2]
    wanted = name.rpartition(".")[0].rpartition(".")[2] if last in ("__init__", "forward") else last
    while trace:
        for called in _callables(trace.tb_frame):
            if called.__name__ in (wanted, name):
                return f"Call it as {_signature(called)}."
        trace = trace.tb_next
    return None


def _callables(frame: FrameType) -> Iterable[Callable[..., Any]]:
    from max.experimental import functional, random
    from max.experimental.tensor import Tensor

    places = [*frame.f_globals.values(), *vars(functional).values(), *vars(random).values(), *vars(Tensor).values()]
    return (each for each in places if callable(each) and hasattr(each, "__name__"))


def _signature(called: Callable[..., Any]) -> str:
    parameters = inspect.signature(called).parameters.values()
    names = [each.name for each in parameters if each.name != "self" and each.kind is not each.VAR_KEYWORD]
    return f"{called.__name__}({', '.join(names)})"


def _alike(name: str, known: Iterable[str]) -> str | None:
    short = {each.rpartition(".")[2].lower(): each for each in known if not each.rpartition(".")[2].startswith("_")}
    found = difflib.get_close_matches(name.lower(), short, n=1, cutoff=0.75)
    return short[found[0]] if found else None


def _has(module: ModuleType, name: str) -> bool:
    return callable(getattr(module, name, None))


def _listed(names: list[str]) -> str:
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))
