"""How the benchmark asks a worker, the process with one contender's model, and how it answers: JSON, an object a line.

This file is all that workers share. It runs in every contender's environment, with the standard library alone.
"""

import itertools
import json
import os
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

DEVICE = os.environ.get("COURSE_DEVICE") or "cpu"  # where a worker computes, if it knows more than one place: or "gpu"
CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()


class Model(Protocol):
    """A contender's model, which its constructor loads from a checkpoint's folder."""

    def generate(self, prompts: list[list[int]], steps: int, on_tokens: Callable[[Any], None]) -> None:
        """Read prompts of one length and go on with the likeliest tokens, each once through the model.

        Args:
            on_tokens: called 1 + ``steps`` times, each time with the next token of every text,
                as soon as Python has them as numbers.
        """

    def score(self, prompt: list[int], tokens: list[int]) -> Any:
        """Logits [len(tokens), vocab_size] before each of ``tokens``, which follow the prompt."""


def serve(load: Callable[[Path, str], Model]) -> None:
    """Run a worker: load the model, then answer requests until there are no more."""
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # so that what a library prints goes to stderr, and is not taken for an answer

    def answer(**values: object) -> None:
        answers.write(json.dumps(values) + "\n")

    checkpoint, weights = sys.argv[1:]
    model = load(Path(checkpoint), weights)
    answer(loaded=True)
    for line in sys.stdin:
        request = json.loads(line)
        answer(**ANSWERS[request.pop("what")](model, **request))


def generate(model: Model, prompts: list[list[int]], steps: int) -> dict:
    """How long the first tokens took, and each of the following ones, in seconds."""
    times = [time.perf_counter()]
    model.generate(prompts, steps, lambda tokens: times.append(time.perf_counter()))
    first, *following = (after - before for before, after in itertools.pairwise(times))
    if len(following) != steps:
        raise RuntimeError(f"{len(following)} steps instead of {steps}")
    return {"first": first, "steps": following}


def greedy(model: Model, prompt: list[int], steps: int) -> dict:
    """The likeliest tokens after a prompt."""
    tokens: list[int] = []
    model.generate([prompt], steps - 1, lambda ids: tokens.append(int(ids[0])))
    return {"tokens": tokens}


def score(model: Model, prompt: list[int], tokens: list[int], file: str) -> dict:
    """Store the logits of given tokens in a file."""
    import numpy as np

    np.save(file, np.asarray(model.score(prompt, tokens), dtype=np.float32))
    return {}


def memory(model: Model) -> dict:
    """The most memory that the process has had so far, in bytes, mapped files included."""
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:  # not Linux, where getrusage would count what the parent had at the start
        return {"peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}
    (line,) = (line for line in status.splitlines() if line.startswith("VmHWM:"))
    return {"peak": int(line.split()[1]) * 1024}


ANSWERS: dict[str, Callable[..., dict]] = {
    "generate": generate,
    "greedy": greedy,
    "score": score,
    "memory": memory,
}
