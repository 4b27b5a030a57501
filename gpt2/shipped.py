"""Takes step 13's model, in the shape of the story model, from what is shipped, instead of compiling it again."""

import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from max.driver import Device
from max.engine import ArtifactBodyMismatch, InferenceSession, MefStore, MissingArtifactError

from kernels import store

T = TypeVar("T")


def take_or_compile(compile: Callable[[], T], device: Device) -> T:
    """Call ``compile``, in which MAX takes the shipped graph where it would compile the very same one.

    MAX compares the two operation by operation. So a learner's own model, which may compute something else, is
    compiled, and so is a model of another shape.
    """
    if device.label == "cpu":
        for _, files in store.usable("storyteller"):
            with (
                suppress(MissingArtifactError, ArtifactBodyMismatch, OSError),  # OSError: there is no place to unpack
                tempfile.TemporaryDirectory() as folder,
            ):
                for name, content in files.items():
                    (Path(folder) / name).write_bytes(content)
                before = InferenceSession.default_mef_store
                InferenceSession.default_mef_store = MefStore.for_import(folder, verify_body=True)
                try:
                    return compile()
                finally:
                    InferenceSession.default_mef_store = before
    return compile()
