"""The process that a submission runs in: ``python -m course.grading.inside.child READING WRITING MEMORY``.

It is told what to import, to call and to look up, and answers with plain values and arrays. It
knows neither what is checked nor what is right. Whatever the submission does to it, the answers
are all that others see of it.

A request is a list: ["import", step, source], ["solution", step, source], ["call", object,
arguments, keyword arguments], ["get", object, name], ["parameters", object], ["load", object,
places] (for each parameter the place of its array, and how its rows overlap, if they do),
["defaults", object], ["forget", objects]. An answer is ["value", value], ["raised", kinds, text,
trace] or ["changed"], where a call has written into its arguments. Before it may come
["compiling", whether it begins], which asks for time, and ["callback", number, arguments], which
is answered by a value. Source texts are bytes, written as Latin-1.
"""

import gc
import importlib.machinery
import inspect
import linecache
import os
import random
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

import numpy as np

from course import runtime
from course.grading.inside.channel import Channel, Closed
from course.grading.inside.limits import limit

TEXT_LIMIT = 500
ITEMS_LIMIT = 256  # GPT-2 has 148 parameters
PLAIN = (bool, int, float, str)


class Child:
    """The objects of one submission, by number."""

    def __init__(self, channel: Channel, device: Any) -> None:
        self.channel = channel
        self.device = device
        self.objects: list[Any] = []
        self.lent: list[Any] = []  # the arguments of the call that is being answered

    def serve(self) -> None:
        while True:
            request, arrays = self.channel.receive()
            answer = self._answer(request, arrays)
            self.channel.send(*answer)

    def _answer(self, request: list[Any], arrays: list[np.ndarray]) -> tuple[Any, list[np.ndarray]]:
        sent: list[np.ndarray] = []
        self.lent = []
        try:
            value = self._encode(self._do(*request, arrays=arrays), sent)
            return (["changed"], []) if self._has_changed(arrays) else (["value", value], sent)
        except BaseException as error:  # a SystemExit, too, is the submission's
            return ["raised", *_described(error)], []

    def _do(self, what: str, *operands: Any, arrays: list[np.ndarray]) -> Any:
        from max.experimental.tensor import Tensor

        match what, *operands:
            case "import", int(step), str(source):
                np.random.seed(step)  # the same verdict, to the last digit, each time
                random.seed(step)
                return _module(f"step_{step:02}", f"step_{step:02}.py", source.encode("latin-1"))
            case "solution", int(step), str(source):
                _module(f"solutions.solution_{step:02}", f"solution_{step:02}.py", source.encode("latin-1"))
                return None
            case "call", int(number), list(arguments), dict(named):
                arguments = [self._decode(value, arrays) for value in arguments]
                named = {name: self._decode(value, arrays) for name, value in named.items()}
                self.lent = [*arguments, *named.values()]
                return self.objects[number](*arguments, **named)
            case "get", int(number), str(name):
                return getattr(self.objects[number], name)
            case "defaults", int(number):
                parameters = inspect.signature(self.objects[number]).parameters.values()
                return {each.name: each.default for each in parameters if isinstance(each.default, (int, float))}
            case "parameters", int(number):
                return {name: [int(size) for size in value.shape] for name, value in self.objects[number].parameters}
            case "load", int(number), dict(places):
                made: dict[int, Any] = {}
                for place, overlap in places.values():
                    if place not in made:
                        array = _rows(arrays[place], *overlap) if overlap else arrays[place]
                        made[place] = Tensor.from_dlpack(array).to(self.device)  # without a copy of what may be large
                self.objects[number].load_state_dict({name: made[place] for name, (place, _) in places.items()})
                return None
            case "forget", list(numbers):
                for number in numbers:
                    self.objects[number] = None
                gc.collect()  # models hold themselves
                return None
        raise ValueError(f"not a request: {what}")

    def _has_changed(self, arrays: list[np.ndarray]) -> bool:
        """Whether a tensor of the request is other than it was: the arrays of a call are its tensors, in order."""
        from max.driver import CPU
        from max.experimental.tensor import Tensor

        found = [np.from_dlpack(each.to(CPU())) for each in self.lent if isinstance(each, Tensor)]
        return any(now.tobytes() != was.tobytes() for now, was in zip(found, arrays, strict=False))

    def _tensor(self, array: np.ndarray) -> Any:
        from max.experimental.tensor import Tensor

        return Tensor(array, device=self.device)

    def _decode(self, value: Any, arrays: list[np.ndarray]) -> Any:
        """What the other side means: a plain value, or [kind, what]."""
        if not isinstance(value, list):
            return value
        from max.dtype import DType
        from max.experimental.nn import Linear
        from max.experimental.tensor import TensorType
        from max.graph import Dim

        match value:
            case "array", int(number):
                return self._tensor(arrays[number])
            case "object", int(number):
                return self.objects[number]
            case "device", _:
                return self.device
            case "dtype", str(name):
                return DType[name]
            case "dim", int(size):
                return Dim(size)
            case "type", str(dtype), list(axes):
                return TensorType(DType[dtype], axes, self.device)
            case "config", dict(fields):
                return sys.modules["solutions.solution_01"].GPT2Config(**fields)
            case "linear", [int(in_dim), int(out_dim)]:
                return Linear(in_dim, out_dim)
            case "failed", str(text):
                raise RuntimeError(text)
            case "callback", int(number):
                return self._callback(number)
            case "tuple" | "list" as kind, list(items):
                decoded = [self._decode(item, arrays) for item in items]
                return tuple(decoded) if kind == "tuple" else decoded
        raise ValueError(f"not a value: {value}")

    def _callback(self, number: int) -> Callable[..., Any]:
        """A module whose forward pass happens on the other side."""
        from max.experimental.nn import Module

        def forward(*arguments: Any) -> Any:
            sent: list[np.ndarray] = []
            self.channel.send(["callback", number, [self._encode(value, sent) for value in arguments]], sent)
            value, arrays = self.channel.receive()
            return self._decode(value, arrays)

        class Callback(Module):
            def forward(self, *arguments: Any, **named: Any) -> Any:
                return forward(*arguments, *named.values())

        return Callback()

    def _encode(self, value: Any, arrays: list[np.ndarray], is_part: bool = False) -> Any:
        """A plain value as it is; all else as [kind, what]. Arrays are added to the list.

        A list in a list, such as a cache beside logits, stays here: whoever hands it back hands back the same one. But
        one of plain values, such as a shape, is sent.
        """
        from max.driver import CPU
        from max.experimental.nn import Module
        from max.experimental.tensor import Tensor

        if value is None or type(value) in (bool, int, float):
            return value
        if type(value) is str:
            return value[:TEXT_LIMIT]
        if isinstance(value, Tensor):
            number = None
            if value.dtype.name in ("float32", "int64"):
                number = len(arrays)
                arrays.append(np.array(np.from_dlpack(value.to(CPU()))))
            return ["tensor", number, value.dtype.name, value.device == self.device, str(value.device)]
        is_list = isinstance(value, (tuple, list)) and len(value) <= ITEMS_LIMIT
        if is_list and (not is_part or all(item is None or type(item) in PLAIN for item in value)):
            kind = "tuple" if isinstance(value, tuple) else "list"
            return [kind, [self._encode(item, arrays, is_part=True) for item in value]]
        if not is_part and isinstance(value, dict) and len(value) <= ITEMS_LIMIT:
            return ["dict", {str(key): self._encode(item, arrays, is_part=True) for key, item in value.items()}]
        self.objects.append(value)
        kind = "module" if isinstance(value, Module) else "other"
        return ["object", len(self.objects) - 1, kind, type(value).__name__[:TEXT_LIMIT], _repr(value)]


def _rows(numbers: np.ndarray, columns: int, shift: int) -> np.ndarray:
    """A table of which each row is so many of the numbers, and begins so many later than the one before it."""
    return np.ascontiguousarray(np.lib.stride_tricks.sliding_window_view(numbers, columns)[::shift])


def _module(name: str, filename: str, source: bytes) -> ModuleType:
    """A module made from source text, which is nowhere in a file."""
    module = ModuleType(name)
    module.__file__ = filename
    module.__spec__ = importlib.machinery.ModuleSpec(name, None, origin=filename)
    sys.modules[name] = module  # dataclasses look their module up by name
    if parent := sys.modules.get(name.rpartition(".")[0]):
        setattr(parent, name.rpartition(".")[2], module)
    lines = source.decode("utf-8", errors="replace").splitlines(keepends=True)
    linecache.cache[filename] = (len(source), None, lines, filename)
    exec(compile(source, filename, "exec"), module.__dict__)
    return module


def _described(error: BaseException) -> tuple[list[str], str, list[list[Any]]]:
    """The names of an exception's classes, its text, and where in the submission it came from."""
    try:
        text = str(error)[:TEXT_LIMIT]
    except BaseException:
        text = ""
    trace = [
        [frame.filename, frame.lineno, (frame.line or "")[:TEXT_LIMIT]]
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename.startswith("step_")
    ]
    if isinstance(error, SyntaxError):
        trace.append([str(error.filename), error.lineno, (error.text or "").strip()[:TEXT_LIMIT]])
        text = str(error.msg)
    return [kind.__name__ for kind in type(error).__mro__], text, trace[-8:]


def _repr(value: Any) -> str:
    try:
        return repr(value)[:TEXT_LIMIT]
    except BaseException:
        return ""


@contextmanager
def _quiet() -> Iterator[None]:
    kept = [os.dup(1), os.dup(2)]
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 1)
    os.dup2(nothing, 2)
    try:
        yield
    finally:
        for descriptor, copy in enumerate(kept, start=1):
            os.dup2(copy, descriptor)
            os.close(copy)
        os.close(nothing)


def main() -> None:
    channel = Channel(int(sys.argv[1]), int(sys.argv[2]))
    with _quiet():  # MAX warns that it cannot write to its cache
        device = runtime.start()
    from course.runtime import kernels
    from course.runtime.gather import gathered

    solutions = ModuleType("solutions")
    solutions.__path__ = []
    sys.modules["solutions"] = solutions
    kernels.on_compile(lambda kernel: channel.send(["compiling", True]), lambda: channel.send(["compiling", False]))
    limit(memory=int(sys.argv[3]))
    channel.send("ready")
    gc.freeze()  # what MAX has loaded stays
    with gathered():
        Child(channel, device).serve()


if __name__ == "__main__":
    try:
        main()
    except Closed:
        pass
    except BaseException:
        traceback.print_exc()
    os._exit(1)  # at once: a thread of the submission may never end
