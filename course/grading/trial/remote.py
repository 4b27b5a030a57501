"""A submission's step, as the checks see it: each call and look-up happens in a process elsewhere.

Tensors that come back are made anew from their numbers; other objects stay where they are, and a
``Remote`` stands for them. So a check reads as if the submission were here, and nothing of it is.
"""

import builtins
import dataclasses
import inspect
import math
import os
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import numpy as np
from max.driver import CPU, Device
from max.dtype import DType
from max.experimental.nn import Linear, Module
from max.experimental.tensor import Tensor, TensorType
from max.graph import Dim

from course.grading.inside.channel import Channel, ChannelError, Closed
from course.grading.trial import sandbox
from course.grading.trial.windows import flat, overlap
from course.judging.failure import input_changed
from course.judging.process import OUTPUT_LIMIT
from course.judging.subject import Gone
from solutions.solution_01 import GPT2Config

LINE_LIMIT = 1 << 17  # a step has fewer lines: it may have as many bytes
TAKEN = np.empty(0)  # stands in the place of an array that a message has referred to
PATIENCE = 20.0  # seconds to read what it is sent, or to write the rest of a message
IDS_LIMIT = 2048  # tokens that the model it is lent may be asked about at once: twice GPT-2's context
NUMBERS_LIMIT = 1 << 20  # numbers that another object it is lent may be handed at once
CALLBACKS_LIMIT = 1000  # times that a call may use what it is lent
CALLBACKS_SECONDS = 10.0  # seconds of a processor that this may take
COMPILE_LIMIT = 5  # kernels beyond the course's that a process is given time for


class Remote:
    """An object of the submission."""

    def __init__(self, process: "Process", number: int, kind: str, name: str, text: str) -> None:
        self.__dict__.update(_process=process, _number=number, _kind=kind, _name=name, _text=text)

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        return self._process.request("call", self._number, arguments, named)

    def __getattr__(self, name: str) -> Any:
        return self._process.request("get", self._number, name)

    @property
    def __class__(self) -> type:  # for isinstance
        return Module if self._kind == "module" else Remote

    @property
    def parameters(self) -> list[tuple[str, Any]]:
        """Names and shapes, as of a module's parameters."""
        shapes = self._process.request("parameters", self._number)
        if not isinstance(shapes, dict):
            raise self._process.gone("it does not keep to the protocol")
        return [(name, _Shaped(shape)) for name, shape in shapes.items()]

    def load_state_dict(self, tensors: Any) -> None:
        """What ``compare.Parameters`` has is sent as the arrays that it is made of."""
        self._process.request("load", self._number, tensors.arrays)

    @property
    def __signature__(self) -> inspect.Signature:  # for inspect.signature
        """Its parameters that have a number for a default; others are of no interest here."""
        defaults = self._process.request("defaults", self._number)
        try:
            return inspect.Signature(
                inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=value)
                for name, value in defaults.items()
            )
        except (AttributeError, ValueError, TypeError):
            raise self._process.gone("it does not keep to the protocol") from None

    def __repr__(self) -> str:
        return self._text or f"<{self._name}>"

    def __del__(self) -> None:
        self.__dict__["_process"].forgotten.append(self.__dict__["_number"])


@dataclasses.dataclass(frozen=True)
class _Shaped:
    shape: list[int]


class _Unreadable:
    """A tensor whose numbers the checks do not read, because of its dtype or its device."""

    __class__ = Tensor

    def __init__(self, dtype: DType, device: object) -> None:
        self.dtype = dtype
        self.device = device


class Process:
    """A process in the sandbox that a submission runs in, and the objects that it was lent."""

    def __init__(self, device: Device, memory: int, on_compile: Callable[[bool], None]) -> None:
        self.device = device
        self.on_compile = on_compile
        self.compiled = 0
        self.compiling = False
        self.is_ready = False
        self.callbacks: list[Callable[..., Any]] = []
        self.forgotten: list[int] = []  # objects that no check has any more: models may be large
        reading, child_writing = os.pipe()
        child_reading, writing = os.pipe()
        arguments = ["-m", "course.grading.inside.child", str(child_reading), str(child_writing), str(memory)]
        self.process = sandbox.start(arguments, (child_reading, child_writing))
        os.close(child_reading)
        os.close(child_writing)
        self.channel = Channel(reading, writing, PATIENCE)
        self.drain = threading.Thread(target=self._drain, daemon=True)
        self.drain.start()

    def wait_until_ready(self) -> None:
        """Raises Gone if it cannot be."""
        if not self.is_ready:
            self.is_ready = self._receive() == ("ready", [])

    def request(self, *request: Any) -> Any:
        """Let the submission do something, and give what comes of it.

        Raises:
            Gone: the process has ended, or had to be: the text says why.
            Exception: what the submission raises, if Python knows it, else a RuntimeError.
        """
        if self.forgotten:
            forgotten, self.forgotten = self.forgotten, []
            self.request("forget", forgotten)
        arrays: list[np.ndarray] = []
        message = self._encode_request(request, arrays)
        self._send(message, arrays)
        failure: Exception | None = None  # of a check, in the middle of the submission's work
        callbacks, seconds = 0, 0.0
        while True:
            answer, arrays = self._receive()
            raised = callback = None
            try:
                match answer:
                    case ["value", value]:
                        found = self._decode(value, arrays)
                    case ["raised", [str(), *_] as kinds, str(text), list(trace)]:
                        raised = _exception(kinds, text, trace)
                    case ["changed"]:
                        raised = input_changed()
                    case ["compiling", bool(begins)]:
                        if begins == self.compiling:
                            raise ValueError(answer)  # each end has a beginning, or time would never run out
                        self.compiling = begins
                        self.compiled += begins
                        if self.compiled <= COMPILE_LIMIT:
                            self.on_compile(begins)
                        continue
                    case ["callback", int(number), list(arguments)] if number >= 0:
                        callback = self.callbacks[number], [self._decode(value, arrays) for value in arguments]
                    case _:
                        raise ValueError(answer)
            except (ValueError, TypeError, LookupError, RecursionError):
                raise self.gone("it does not keep to the protocol") from None
            if callback:
                callbacks += 1
                began = time.process_time()  # of a processor, since a loaded machine is not the submission's fault
                failure = self._call_back(*callback) or failure
                seconds += time.process_time() - began
                if callbacks > CALLBACKS_LIMIT or seconds > CALLBACKS_SECONDS:
                    raise self.gone(f"it asks what it was lent {callbacks} times, which took {seconds:.1f} s")
            elif failure or raised:
                raise failure or raised
            else:
                return found

    def gone(self, why: str) -> Gone:
        """End the process, and what there is to raise."""
        self.close()
        return Gone(why)

    def close(self) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.drain.join()
        for end in (self.channel.reading, self.channel.writing):
            with suppress(OSError):
                os.close(end)

    def _call_back(self, function: Callable[..., Any], arguments: list[Any]) -> Exception | None:
        """Do what the submission asks of an object that it was lent. Returns what that raises."""
        arrays: list[np.ndarray] = []
        try:
            for each in arguments:
                _refuse_large(each)
            value = self._encode(function(*arguments), arrays)
        except Exception as error:
            self._send(["failed", str(error)], [])
            return error
        self._send(value, arrays)
        return None

    def _send(self, message: Any, arrays: list[np.ndarray]) -> None:
        try:
            self.channel.send(message, arrays)
        except ChannelError as error:
            raise self._lost(error) from None

    def _receive(self) -> tuple[Any, list[np.ndarray]]:
        try:
            return self.channel.receive()
        except ChannelError as error:
            raise self._lost(error) from None

    def _lost(self, error: Exception) -> Gone:
        if isinstance(error, Closed):
            return self.gone("it ended the whole program")
        return self.gone(f"it does not keep to the protocol ({error})")

    def _drain(self) -> None:
        """Print what it prints, as far as anybody reads."""
        left = OUTPUT_LIMIT
        while data := self.process.stdout.read1(65536):
            os.write(1, data[:left])
            left -= len(data[:left])
        self.process.stdout.close()

    def _encode_request(self, request: tuple[Any, ...], arrays: list[np.ndarray]) -> list[Any]:
        match request:
            case "call", number, arguments, named:
                encoded = [self._encode(value, arrays) for value in arguments]
                return ["call", number, encoded, {name: self._encode(value, arrays) for name, value in named.items()}]
            case "load", number, parameters:
                # Once, whatever shares it; and of a table whose rows overlap, what they are cut from.
                places: dict[int, list[Any]] = {}
                for array in parameters.values():
                    if id(array) not in places:
                        places[id(array)] = [len(arrays), overlap(array)]
                        arrays.append(flat(array))
                return ["load", number, {name: places[id(array)] for name, array in parameters.items()}]
        return list(request)

    def _encode(self, value: Any, arrays: list[np.ndarray]) -> Any:
        """What course.grading.inside.child decodes."""
        if isinstance(value, np.generic):
            value = value.item()
        if value is None or isinstance(value, (bool, int, float, str)):
            return value
        if type(value) is Remote:
            return ["object", value._number]
        if isinstance(value, Tensor):
            arrays.append(_numbers(value))
            return ["array", len(arrays) - 1]
        if isinstance(value, Device):
            return ["device", None]
        if isinstance(value, DType):
            return ["dtype", value.name]
        if isinstance(value, Dim):
            return ["dim", int(value)]
        if isinstance(value, GPT2Config):
            return ["config", dataclasses.asdict(value)]
        if isinstance(value, TensorType):
            return ["type", value.dtype.name, [str(dim) for dim in value.shape]]
        if isinstance(value, (tuple, list)):
            kind = "tuple" if isinstance(value, tuple) else "list"
            return [kind, [self._encode(item, arrays) for item in value]]
        if isinstance(value, Linear):
            out_dim, in_dim = (int(size) for size in value.weight.shape)
            return ["linear", [in_dim, out_dim]]
        if callable(value):
            self.callbacks.append(value)
            return ["callback", len(self.callbacks) - 1]
        raise TypeError(f"a check passes what cannot be sent: {value!r}")

    def _decode(self, value: Any, arrays: list[np.ndarray]) -> Any:
        """What course.grading.inside.child encodes.

        Raises:
            ValueError, TypeError, LookupError: it is not of that form.
        """
        if value is None or isinstance(value, (bool, int, float, str)):
            return value
        match value:
            case "tensor", int(number), "float32" | "int64", True, _ if number >= 0:
                array, arrays[number] = arrays[number], TAKEN
                if array is TAKEN:  # each may be taken once, or a few bytes would stand for gigabytes
                    raise ValueError(value)
                return Tensor(array, device=self.device)
            case "tensor", _, str(dtype), bool(is_here), str(device):
                return _Unreadable(DType[dtype], self.device if is_here else device)
            case "tuple", list(items):
                return tuple(self._decode(item, arrays) for item in items)
            case "list", list(items):
                return [self._decode(item, arrays) for item in items]
            case "dict", dict(items):
                return {name: self._decode(item, arrays) for name, item in items.items()}
            case "object", int(number), str(kind), str(name), str(text):
                return Remote(self, number, kind, name, text)
        raise ValueError(value)


def _refuse_large(value: Any) -> None:
    """Raise ValueError for a tensor larger than any that is asked about: what comes of it may be larger by far."""
    if isinstance(value, Tensor) and type(value) is not _Unreadable:
        size = math.prod(int(dim) for dim in value.shape)
        most = IDS_LIMIT if value.dtype == DType.int64 else NUMBERS_LIMIT
        if size > most:
            raise ValueError(f"it asks what it was lent about {size} numbers at once, which is more than {most}")


def _numbers(tensor: Tensor) -> np.ndarray:
    return np.array(np.from_dlpack(tensor.to(CPU())))


def _exception(kinds: list[Any], text: str, trace: list[Any]) -> Exception:
    """An exception as near as can be to the one that was raised, which says where it was."""
    known = (getattr(builtins, str(name), None) for name in kinds)
    kind = next((each for each in known if isinstance(each, type) and issubclass(each, Exception)), None)
    try:
        error = kind(text) if kind not in (None, Exception) else RuntimeError(f"{kinds[0]}: {text}")
    except TypeError:  # a UnicodeError or an ExceptionGroup wants more than a text
        error = RuntimeError(f"{kinds[0]}: {text}")
    error.trace = [  # type: ignore[attr-defined]
        {"file": str(file), "line": line, "code": str(code)}
        for file, line, code in trace
        if isinstance(line, int) and 0 < line <= LINE_LIMIT
    ]
    return error
