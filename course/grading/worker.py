"""What a worker of a cluster does for a grader elsewhere: it judges a submission in the sandbox, as the grader would.

The worker's process is Dask's, started in a clone of the course. It gets a submission's bytes, the settings and the
key, and keeps none of them. It judges only if it would come to the same verdicts.
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

from course.grading import kept
from course.grading.grade import Settings, judge_here
from course.grading.scratch import scratch
from course.grading.trial import sandbox
from course.judging.run import load_kernels
from course.judging.verdicts import StepResult
from course.refusal import Refusal

LOADED = kept.conditions()  # of the code in this process, whatever becomes of the files


class Unfit(Refusal):
    """This worker would judge otherwise, or cannot judge; the message says why."""


@dataclass(frozen=True)
class Order:
    """A submission's steps to be judged. Dask writes it into logs, without what is nobody's business there.

    Attributes:
        key: what the grader draws inputs with.
        wanted: the grader's ``kept.conditions``.
    """

    files: dict[int, bytes] = field(repr=False)
    settings: Settings
    key: bytes = field(repr=False)
    wanted: Mapping[str, str]


def judge_for(order: Order) -> list[StepResult] | Exception:
    """The verdicts on the steps of a submission, or what went wrong with it.

    Raises:
        Unfit: this worker is no substitute for the grader's own machine.
    """
    for here in (LOADED, kept.conditions()):
        for name, value in order.wanted.items():
            if here[name] != value:
                raise Unfit(f"it has {name} {here[name]}, and the grader {value}")
    try:
        _get_ready()
    except Refusal as error:
        raise Unfit(str(error)) from None
    with scratch() as folder:
        path = folder / "grading.key"
        path.write_bytes(order.key)
        try:
            return judge_here(order.settings, path, folder, order.files, threading.Event())
        except Exception as error:
            return error


@cache
def _get_ready() -> None:
    sandbox.refuse_without()
    load_kernels()
