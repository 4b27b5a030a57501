"""How the checks look at a learner's values: every failure says what was expected and what came."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from traceback import extract_tb
from typing import Any

import numpy as np
from max.driver import CPU, Device
from max.dtype import DType
from max.experimental.nn import Module, Sequential
from max.experimental.tensor import Tensor, TensorType

from course.judging.case import Case
from course.judging.failure import CheckFailure, input_changed

PLACES_SHOWN = 5  # of those where a tensor is wrong
NAMES_SHOWN = 6  # of the parameters that are missing, or that there should be

given: list[tuple[Tensor, np.ndarray]] = []  # what a check has handed to the step, and what is in it


def tensor(array: Any, device: Device) -> Tensor:
    """A NumPy array (float32 or int64) as a tensor on the device, which is to stay as it is."""
    array = np.ascontiguousarray(array)
    # Not Tensor(array), which is made no sooner than somebody asks for it: this one can be looked at without running
    # what the check has left behind.
    given.append((Tensor.from_dlpack(array.copy()).to(device), array.copy()))
    return given[-1][0]


def assert_inputs_are_left() -> None:
    """What a check has handed to the step is as it was; conftest.py asks it after each check.

    In a trial the tensors are elsewhere: there course.grading.inside.child looks.
    """
    for made, array in given:
        # What is written into is no longer there until that has been run.
        if not made.real or not np.array_equal(
            made.driver_tensor.to(CPU()).to_numpy(), array, equal_nan=array.dtype == np.float32
        ):
            raise input_changed()


def assert_tensor(result: object, device: Device, what: str = "the result") -> Tensor:
    """A learner's tensor, once it is one, and on the device. Its values are not asked for."""
    if result is None:
        raise CheckFailure(f"{what} as a Tensor", "None", "Is there a `return`?")
    if not isinstance(result, Tensor):
        shown = repr(result).replace("\n", " ")
        raise CheckFailure(f"{what} as a Tensor", f"{type(result).__name__} {shown[:60]}")
    if result.device != device:
        raise CheckFailure(f"{what} on {device}, where the input is", f"it on {result.device}")
    if result.dtype not in (DType.float32, DType.int64):
        help = "NumPy counts in float64 unless told otherwise: array.astype(np.float32), or astype(dtype.to_numpy())."
        raise CheckFailure(f"{what} in float32 or int64", f"{result.dtype}", help)
    return result


def values(result: object, device: Device, what: str = "the result") -> np.ndarray:
    """A learner's tensor as a NumPy array."""
    return np.array(np.from_dlpack(assert_tensor(result, device, what).to(CPU())))


def assert_shape(result: object, shape: tuple[int, ...], device: Device, what: str = "the result") -> np.ndarray:
    """The values of a tensor, which must have this shape."""
    array = values(result, device, what)
    if array.shape != tuple(shape):
        raise CheckFailure(f"{what} of shape {list(shape)}", f"shape {list(array.shape)}", observed=array)
    return array


def assert_close(
    result: object,
    expected: np.ndarray,
    tolerance: float,
    device: Device,
    what: str = "the result",
    help: str | None = None,
) -> None:
    """The tensor has the expected shape, and no value is off by more than the tolerance.

    Where ``expected`` is NaN, any value will do. The tolerance is meant for values up to 10: float32 rounds larger ones
    in proportion.
    """
    array = assert_shape(result, expected.shape, device, what)
    tolerance *= max(1.0, np.abs(expected[np.isfinite(expected)]).max(initial=0.0) / 10)
    difference = np.abs(array.astype(np.float64) - expected)
    difference[array == expected] = 0.0  # equal infinities
    if np.isnan(array).any():
        difference[np.isnan(array)] = np.inf
    difference[np.isnan(expected)] = 0.0
    if difference.max(initial=0.0) > tolerance:
        worst = np.unravel_index(int(difference.argmax()), difference.shape)
        place = f"{what}[{', '.join(map(str, worst))}]"
        off = int((difference > tolerance).sum())
        raise CheckFailure(
            f"{place} = {expected[worst]:.6g} (within {tolerance:.1g})",
            f"{array[worst]:.6g}; {off} of {difference.size} values are off",
            help,
            observed=array,
            comparison=comparison(array, expected, difference, tolerance, what),
        )


def assert_maps(
    module: Module,
    texts: np.ndarray,
    expected: np.ndarray | Mapping[str, np.ndarray],
    tolerance: float,
    device: Device,
    help: str | None = None,
) -> None:
    """The module makes this of texts [batch, seq_length, ...], and keeps nothing of what it has seen.

    Asked next for the beginning of the last text alone, it gives the beginning of the last
    result: no token sees what comes after it.

    Args:
        expected: one tensor, or the tensors of a tuple by name.
    """
    assert_gives(module, texts, expected, tolerance, device, help)
    found = parts(module(tensor(texts[-1:, :3], device)), expected)
    shorter = {
        f"{name} for a shorter text": (
            result,
            wanted[-1:, :3] if wanted.ndim > 2 else wanted[:3],
        )  # no texts: positions
        for name, (result, wanted) in found.items()
    }
    assert_parts(shorter, tolerance, device, help)


def assert_gives(
    module: Module,
    texts: np.ndarray,
    expected: np.ndarray | Mapping[str, np.ndarray],
    tolerance: float,
    device: Device,
    help: str | None = None,
) -> None:
    """The module, asked once, makes this of texts [batch, seq_length, ...]; ``expected`` as in ``assert_maps``."""
    assert_parts(parts(module(tensor(texts, device)), expected), tolerance, device, help)


def assert_parts(
    found: Mapping[str, tuple[object, np.ndarray]], tolerance: float, device: Device, help: str | None = None
) -> None:
    """Each part is what it should be. Where one is not, all of them are observed: others may be wrong as well."""
    for name, (result, wanted) in found.items():
        try:
            assert_close(result, wanted, tolerance, device, name, help)
        except CheckFailure as failure:
            if len(found) > 1 and failure.observed is not None:
                every = [values(part, device, name).ravel() for name, (part, _) in found.items()]
                failure.observed = np.concatenate(every)
            raise


def parts(result: object, expected: np.ndarray | Mapping[str, np.ndarray]) -> dict[str, tuple[object, np.ndarray]]:
    """What a module returns, with what it should be, by name: one tensor, or as many as are expected."""
    if not isinstance(expected, Mapping):
        return {"the result": (result, expected)}
    if not isinstance(result, (tuple, list)) or len(result) != len(expected):
        came = f"{len(result)} of them" if isinstance(result, (tuple, list)) else type(result).__name__
        help = "Is there a `return`?" if result is None else f"return {', '.join(expected)} returns all of them."
        raise CheckFailure(f"a tuple of {len(expected)} tensors: {', '.join(expected)}", came, help)
    return {name: (part, expected[name]) for name, part in zip(expected, result, strict=True)}


def assert_cases(
    make: Callable[[Any], object],
    cases: Sequence[Case],
    tolerance: float,
    device: Device,
    given: str = "x",
    wanted: str | Sequence[str] = "output",
) -> None:
    """Modules of all the cases, made first and then asked in turn, make of ``given`` what is ``wanted``.

    Then the first one gets the parameters of the second, which has its sizes, and must do as that one does.

    Args:
        make: makes a module of a configuration.
        wanted: the name of what comes out, or the names of what comes out together.
    """

    def expected(case: Case) -> np.ndarray | dict[str, np.ndarray]:
        return case[wanted] if isinstance(wanted, str) else {name: case[name] for name in wanted}

    modules = [load_parameters(make(case.config), case.parameters, device) for case in cases]
    assert_maps(modules[0], cases[0][given], expected(cases[0]), tolerance, device)
    for number, (module, case) in enumerate(zip(modules[1:], cases[1:], strict=True), start=1):
        if number == 1:
            help = "It is the second module of these sizes. What does it share with the first?"
        else:
            help = f"Does the step read all sizes in the configuration? Here it is {case.config}."
        assert_gives(module, case[given], expected(case), tolerance, device, help)
    module, case = load_parameters(modules[0], cases[1].parameters, device), cases[1]
    help = "Other parameters have been loaded since it was first asked. What has it kept?"
    assert_gives(module, case[given], expected(case), tolerance, device, help)


def assert_any_length(module: Module, device: Device, step: int) -> None:
    """The step lets MAX trace a model for texts of any length, as it does to compile it.

    Whether the steps that it stands on do is not asked here: a model that does not is run without being compiled.
    """
    try:
        module.trace(TensorType(DType.int64, ["batch", "seq_length"], device))
    except NotImplementedError:
        raise
    except Exception as error:
        files = (Path(frame.filename).stem for frame in extract_tb(error.__traceback__))
        steps = [int(file[-2:]) for file in files if re.fullmatch(r"(step|solution)_\d\d", file)]
        if steps and steps[-1] != step:
            return
        summary = f"{type(error).__name__}: {error}".splitlines()[0]
        raise CheckFailure(
            "a model for texts of any length", summary, "isinstance(dim, StaticDim) tells whether there is a number."
        ) from error


def comparison(
    array: np.ndarray, expected: np.ndarray, difference: np.ndarray, tolerance: float, what: str
) -> dict[str, Any]:
    """Where a tensor first differs from what was expected, and how far. Numbers as text: JSON knows no nan."""
    places = np.argwhere(difference > tolerance)
    return {
        "what": what,
        "shape": list(array.shape),
        "off": len(places),
        "of": array.size,
        "largest": f"{difference.max():.3g}",
        "tolerance": f"{tolerance:.1g}",
        "places": [
            {"place": place, "expected": f"{expected[tuple(place)]:.6g}", "got": f"{array[tuple(place)]:.6g}"}
            for place in places[:PLACES_SHOWN].tolist()
        ],
    }


def load_parameters(module: object, weights: Mapping[str, np.ndarray], device: Device) -> Module:
    """A learner's module, given these parameters, which must be the ones that it has."""
    if not isinstance(module, Module):
        raise CheckFailure("a max.experimental.nn.Module", type(module).__name__)
    found = {name: [int(size) for size in value.shape] for name, value in module.parameters}
    wanted = {name: list(value.shape) for name, value in weights.items()}
    if missing := sorted(wanted.keys() - found.keys()):
        raise CheckFailure(
            f"parameters named {listed(sorted(wanted))}",
            f"no {listed(missing)}",
            what_holds_none(module, missing[0]),
        )
    if extra := sorted(found.keys() - wanted.keys()):
        # Whatever they are called: those of the same shapes are the same mistake.
        shapes = " and ".join(sorted(str(found[name]) for name in extra))
        raise CheckFailure(f"no parameters but {listed(sorted(wanted))}", f"{listed(extra)} as well", observed=shapes)
    for name, shape in wanted.items():
        if found[name] != shape:
            raise CheckFailure(f"{name} of shape {shape}", f"shape {found[name]}")
    module.load_state_dict(Parameters(weights, device))
    return module


def listed(names: Sequence[str]) -> str:
    """Some names, and how many more there are: the rest of a report stays on the screen."""
    more = f", and {len(names) - NAMES_SHOWN} more" if len(names) > NAMES_SHOWN else ""
    return ", ".join(names[:NAMES_SHOWN]) + more


class Parameters(Mapping[str, Tensor]):
    """Arrays as tensors on the device, made when they are asked for: a trial asks for the arrays themselves."""

    def __init__(self, arrays: Mapping[str, np.ndarray], device: Device) -> None:
        self.arrays = arrays
        self.device = device

    def __getitem__(self, name: str) -> Tensor:
        return Tensor(np.ascontiguousarray(self.arrays[name]), device=self.device)

    def __iter__(self) -> Iterator[str]:
        return iter(self.arrays)

    def __len__(self) -> int:
        return len(self.arrays)


def what_holds_none(module: Module, parameter: str) -> str:
    """Why a parameter such as "h.0.ln_1.weight" may be missing from a module: what stands in its part's place."""
    name, _, part = parameter.partition(".")
    held = getattr(module, name, None)
    if isinstance(held, type):
        return f"{held.__name__} is a class. Calling it makes a module: self.{name} = {held.__name__}(...)."
    if isinstance(held, Sequential):
        return f"self.{name} has other parts, or fewer. Sequential(*blocks), with the star, takes them one by one."
    if isinstance(held, Iterable) and not isinstance(held, (str, Module, Tensor, np.ndarray)):
        return (
            f"self.{name} is a {type(held).__name__}. Sequential(*blocks), with the star, is a module made of modules."
        )
    if isinstance(held, (int, float, np.ndarray)):
        return f"self.{name} is a {type(held).__name__}. A parameter is a Tensor, such as Tensor.ones([dim])."
    if isinstance(held, Module) and part[:1].isdigit():
        return f"self.{name} is a single module. Sequential(*blocks) is one that is made of several."
    if isinstance(held, Module):
        return f"self.{name} has other parts, or fewer, than are wanted."
    return f"__init__ keeps a part by assigning it to self: self.{name} = ... there."


def assert_normal_table(module: object, shape: tuple[int, int], device: Device) -> None:
    """The module's weight has this shape and holds normal random numbers: mean 0, deviation 0.02.

    Meant for tables of 18,000 numbers or more: there each bound is six standard errors or more
    away, so that a correct one is rejected with a probability below one in ten million.
    """
    if not hasattr(module, "weight"):
        raise CheckFailure("a parameter weight", "none", "__init__ keeps it under this name: self.weight = ...")
    table = assert_shape(module.weight, shape, device, "weight").astype(np.float64)
    if (different := len(np.unique(table))) < 0.9 * table.size:
        actual = f"{different} different ones of {table.size}"
        raise CheckFailure("random numbers, which hardly ever repeat", actual, observed=[different, table.size])
    deviation, mean = table.std(), table.mean()
    if not 0.0193 < deviation < 0.0207:
        # The first digit is the same every time that such a table is drawn.
        raise CheckFailure(
            "random numbers of standard deviation 0.02", f"{deviation:.3g}", observed=[float(f"{deviation:.1g}")]
        )
    if not abs(mean) < 0.001:
        raise CheckFailure("random numbers of mean 0", f"{mean:.3g}")
    # One in 22 normal numbers is more than two deviations off; of evenly spread ones none is.
    beyond = (np.abs(table) > 0.04).mean()
    if not 0.036 < beyond < 0.055:
        raise CheckFailure("normally distributed numbers, 4.6 % of them beyond 0.04", f"{beyond:.1%}")


def assert_value_error(call: Callable[[], object], *numbers: int) -> None:
    """The call raises a ValueError whose message names the numbers."""
    wanted = f"a ValueError whose message names {' and '.join(map(str, numbers))}"
    try:
        call()
    except NotImplementedError:
        raise
    except Exception as error:
        named = set(map(int, re.findall(r"\d+", str(error))))
        if not isinstance(error, ValueError) or not named.issuperset(numbers):
            # Whatever the message says: these are the same mistake.
            kind = next((each.__name__ for each in (ValueError, AssertionError) if isinstance(error, each)), "another")
            raise CheckFailure(wanted, f"{type(error).__name__}: {error}".rstrip(": "), observed=kind) from error
    else:
        raise CheckFailure(wanted, "no error")
