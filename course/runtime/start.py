"""The one way to make a process ready to run MAX."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from course.runtime.device import pick_device, prepare

if TYPE_CHECKING:
    from max.driver import Device


def start(
    device: str | None = None, *, kernels: bool = True, progress: Callable[[int, int], None] = lambda done, total: None
) -> "Device":
    """Prepare this process, pick the device that it runs on, and load the kernels of eager operations.

    Call it before anything imports MAX.

    Args:
        device: as for ``pick_device``.
        kernels: without them no eager operation can run at speed, but a compiled model can.
        progress: called as by ``kernels.load``.

    Raises:
        ValueError: the device is unknown, or not there.
    """
    prepare()
    chosen = pick_device(device)
    if kernels:
        # Imported here: it imports MAX, which must be prepared for.
        from course.runtime.kernels import load

        load(chosen, progress)
    return chosen
