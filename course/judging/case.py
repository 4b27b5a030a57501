"""What the checks of a step are about: cases, each with its sizes, inputs, parameters and what must come out."""

from collections import defaultdict
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from solutions.solution_01 import GPT2Config


class Case(dict[str, NDArray[Any]]):
    """Arrays by name. The sizes of a model stand among them, under the names of the configuration's fields."""

    @property
    def parameters(self) -> dict[str, NDArray[Any]]:
        """The parameters of the step's module, by name."""
        return {name: array for name, array in self.items() if name.endswith(("weight", "bias"))}

    @property
    def config(self) -> "GPT2Config":
        """The configuration that these are the sizes of."""
        from solutions.solution_01 import GPT2Config

        return GPT2Config(**{field.name: self[field.name].item() for field in fields(GPT2Config)})


def write_cases(path: Path, cases: list[Case]) -> None:
    """Keep cases in a file."""
    arrays = {f"{number}/{name}": array for number, case in enumerate(cases) for name, array in case.items()}
    np.savez_compressed(path, **arrays)  # type: ignore[arg-type]  # keywords that are no options


def read_cases(path: Path) -> list[Case]:
    """The cases that a file keeps."""
    cases: defaultdict[str, Case] = defaultdict(Case)
    with np.load(path) as arrays:
        for key, array in arrays.items():
            number, name = key.split("/")
            cases[number][name] = array
    return list(cases.values())
