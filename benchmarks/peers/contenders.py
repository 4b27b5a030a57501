"""The libraries that are measured. Each has an environment of its own, apart from the others and the course's."""

import os
import sys
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from course.environment import python_with


@dataclass(frozen=True)
class Contender:
    name: str
    worker: str  # a module in benchmarks/peers/workers
    weights: str = "float32"
    requirements: tuple[str, ...] = ()  # without any, it runs in the environment of the course

    @property
    def versions(self) -> str:
        if not self.requirements:
            return f"modular {version('modular')}"
        return ", ".join(pin.replace("==", " ") for pin in self.requirements)


TRANSFORMERS = ("torch==2.13.0", "transformers==5.24.0")
CTRANSLATE2 = ("ctranslate2==4.8.5", "safetensors==0.8.0")
ONNX_RUNTIME = ("onnxruntime==1.32.0", "onnx==1.23.2", "safetensors==0.8.0")

OURS, BASELINE = "ours", "transformers"
CONTENDERS = [
    Contender(OURS, "ours"),
    Contender("ours bfloat16", "ours", "bfloat16"),
    Contender("ours int8", "ours", "int8"),
    Contender(BASELINE, "pytorch", requirements=TRANSFORMERS),
    Contender("transformers bfloat16", "pytorch", "bfloat16", TRANSFORMERS),
    Contender("CTranslate2", "ctranslate", requirements=CTRANSLATE2),
    Contender("CTranslate2 int8", "ctranslate", "int8", CTRANSLATE2),
    Contender("ONNX Runtime", "onnx_runtime", requirements=ONNX_RUNTIME),
    Contender("ONNX Runtime int8", "onnx_runtime", "int8", ONNX_RUNTIME),
]


def python_of(contender: Contender, folder: Path) -> str:
    """The Python of a contender's environment, which is made on first use in ``folder``.

    Raises:
        Refusal: its packages cannot be installed.
    """
    if not contender.requirements:
        return sys.executable
    return python_with(contender.requirements, folder / contender.worker)


def environment_of(contender: Contender) -> dict[str, str]:
    """The environment variables of a worker, without ours that tell OpenBLAS which kernels to run."""
    return {name: value for name, value in os.environ.items() if not name.startswith("OPENBLAS_")}
