"""What is read out of the source texts of submissions, in a process of its own: ``python -m course.grading.texts``.

Python's parser takes seconds and gigabytes for texts that are made for it, or dies of them. Here that costs an answer
and nothing else: the process has limits, and where it is lost, the next question starts another one.
"""

import atexit
import json
import os
import resource
import select
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from course.curriculum.difference import compare
from course.curriculum.statements import Statement
from course.curriculum.steps import ROOT
from course.grading import fingerprints
from course.judging.process import environment

MEMORY = 1 << 30  # bytes
SECONDS = 10.0  # for all texts of a submission; honest ones take a tenth of one


class Unread(Exception):
    """There is no answer; the message says why."""


@dataclass(frozen=True)
class Row:
    """A statement of a submission beside the solution's, either of which may be missing."""

    own: str | None
    solution: str | None
    is_same: bool


@dataclass(frozen=True)
class Part:
    """What differs in a TODO, or outside of them all."""

    title: str
    rows: list[Row]


def prints(sources: Mapping[int, str]) -> set[tuple[int, str, int]]:
    """The fingerprints of a submission, each with its step and its kind. Raises Unread."""
    answer = _reader.ask("prints", sources)
    return {
        (int(step), kind, each) for step, kinds in answer.items() for kind, found in kinds.items() for each in found
    }


def fragments(asked: Mapping[int, tuple[str, str, list[int]]]) -> dict[int, list[tuple[str, str]]]:
    """The statements of two submissions that are alike, side by side. Raises Unread.

    Args:
        asked: by step, both texts, and the fingerprints that they share.
    """
    return {int(step): [(one, other) for one, other in rows] for step, rows in _reader.ask("fragments", asked).items()}


def differences(sources: Mapping[int, str]) -> dict[int, list[Part]]:
    """What differs from the solution, by step. Raises Unread."""
    return {
        int(step): [Part(title, [Row(*row) for row in rows]) for title, rows in parts]
        for step, parts in _reader.ask("differences", sources).items()
    }


class _Reader:
    """The process, which the first question starts."""

    def __init__(self) -> None:
        self.process: subprocess.Popen[bytes] | None = None
        atexit.register(self.end)

    def ask(self, what: str, sources: Mapping[int, Any]) -> Any:
        if not sources:
            return {}
        if self.process is None:
            command = [sys.executable, "-m", "course.grading.texts"]
            pipe = subprocess.PIPE
            self.process = subprocess.Popen(
                command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, cwd=ROOT, env=environment()
            )
        assert self.process.stdin and self.process.stdout
        try:
            self.process.stdin.write(json.dumps([what, dict(sources)]).encode() + b"\n")
            self.process.stdin.flush()
            return json.loads(self._answer(self.process.stdout.fileno()))
        except (OSError, ValueError, TimeoutError) as error:
            self.end()
            why = f"no answer within {SECONDS:g} s" if isinstance(error, TimeoutError) else "the parser crashed"
            raise Unread(why) from None

    def _answer(self, descriptor: int) -> bytes:
        """A line of what the process writes. Raises TimeoutError or, when it ends before, ValueError."""
        answer = b""
        deadline = time.monotonic() + SECONDS
        while not answer.endswith(b"\n"):
            if not select.select([descriptor], [], [], max(0.0, deadline - time.monotonic()))[0]:
                raise TimeoutError
            if not (data := os.read(descriptor, 1 << 16)):
                raise ValueError("it has ended")
            answer += data
        return answer

    def end(self) -> None:
        if self.process:
            self.process.kill()
            self.process.communicate()
            self.process = None


_reader = _Reader()


def _fragments(step: int, asked: list[Any]) -> list[Any]:
    return fingerprints.fragments(*asked)


def _differences(step: int, source: str) -> list[Any]:
    sections = [section for section in compare(source, step) if not section.is_same]
    return [
        [
            section.title,
            [
                [_lines(own), _lines(other), bool(own and other and own.key == other.key)]
                for own, other in section.pairs
            ],
        ]
        for section in sections
    ]


def _lines(statement: Statement | None) -> str | None:
    if statement is None:
        return None
    return "\n".join("    " * statement.depth + line for line in statement.text.split("\n"))


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    answers: dict[str, Callable[[int, Any], Any]] = {
        "prints": fingerprints.fingerprints,
        "fragments": _fragments,
        "differences": _differences,
    }
    for line in sys.stdin.buffer:
        what, sources = json.loads(line)
        print(json.dumps({step: answers[what](int(step), source) for step, source in sources.items()}), flush=True)


if __name__ == "__main__":
    main()
