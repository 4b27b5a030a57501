"""How long a learner waits: ``./run bench`` measures it, warm or from an empty cache.

Each figure is the wall-clock time of the command as a user types it, in a process of its own,
best of several runs: on a shared machine the best run is the one that was disturbed least.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tokenizers import Tokenizer

from course.curriculum.files import copy_course
from course.curriculum.steps import ROOT, STEPS, STORYTELLER, solution_path, step_path

RUNS = 5
PAUSE = 8.0  # seconds between two saves, for the next process to get ready, which takes about three
COURSE = [sys.executable, "-m", "course"]


def seconds(*arguments: str, runs: int = RUNS, **settings) -> float:
    """The shortest time, in seconds, of several runs of a command, which must succeed."""
    times = []
    for _ in range(runs):
        began = time.perf_counter()
        subprocess.run([*COURSE, *arguments], cwd=ROOT, check=True, stdout=subprocess.DEVNULL, **settings)
        times.append(time.perf_counter() - began)
    return min(times)


def solved_steps(folder: Path) -> None:
    """A learner's folder with every step solved."""
    for step in STEPS:
        shutil.copy(solution_path(step), step_path(step, folder))


def save_to_verdict() -> float:
    """Seconds from the save of a solved step to its verdict in ``watch``: the slowest step's."""
    with tempfile.TemporaryDirectory() as name:
        copy = Path(name)
        copy_course(copy)
        times = []
        with subprocess.Popen(
            [*COURSE, "watch"], cwd=copy, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True
        ) as watch:
            try:
                for step in STEPS:
                    time.sleep(PAUSE)
                    began = time.perf_counter()
                    shutil.copy(solution_path(step), step_path(step, copy / "steps"))
                    while f"Step {step:02} is done" not in (line := watch.stdout.readline()):
                        if not line:
                            raise RuntimeError(f"watch ended before step {step:02} was done")
                    times.append(time.perf_counter() - began)
            finally:
                watch.terminate()
    return max(times)


def story(*options: str) -> tuple[float, float]:
    """Seconds from process start to the first new text, and tokens per second from there on."""
    prompt, tokens = "Once upon a time", Tokenizer.from_file(str(STORYTELLER / "tokenizer.json"))
    began = time.perf_counter()
    process = subprocess.Popen(
        [*COURSE, "generate", prompt, "--seed", "1", *options],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    text, first, last = b"", None, began
    while data := os.read(process.stdout.fileno(), 4096):
        text += data
        last = time.perf_counter()
        if first is None and len(text) > len(prompt):
            first, at_first = last, len(text)
    if process.wait() != 0 or first is None:
        raise RuntimeError(f"generate ended with exit code {process.returncode}")
    written = len(tokens.encode(text[at_first:].decode()).ids)
    return first - began, written / (last - first)


def end_background(home: Path) -> None:
    """End what compiles in the background for this home, and nobody else's."""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            arguments = (process / "cmdline").read_bytes().split(b"\0")
            is_ours = f"HOME={home}".encode() in (process / "environ").read_bytes().split(b"\0")
        except OSError:  # it has ended, or is another user's
            continue
        if is_ours and b"kernels.background" in arguments:
            os.kill(int(process.name), signal.SIGKILL)


def cold(solved: str) -> list[tuple[str, str]]:
    """What a newcomer waits for after the installation: with an empty home, and where no kernels are shipped."""
    rows = []
    with tempfile.TemporaryDirectory() as name:
        bare = Path(name) / "bare"
        copy_course(bare)
        (bare / "kernels" / "index.json").write_text("[]")
        for root, where, commands in (
            (ROOT, "from an empty home", (("s01",), ("s02",), ("s14",), ("generate",), ("generate", "--naive"))),
            (bare, "where no kernels are shipped", (("s02",), ("s14",))),
        ):
            for number, command in enumerate(commands):
                home = Path(name) / f"{root.name}-{number}"
                from_solutions = ("--from", solved) if command[0].startswith("s") else ()
                began = time.perf_counter()
                subprocess.run(
                    [*COURSE, *command, *from_solutions],
                    cwd=root,
                    check=True,
                    stdout=subprocess.DEVNULL,
                    env={"HOME": str(home), "PATH": os.environ["PATH"]},
                )
                rows.append((f"{' '.join(command)}, {where}", f"{time.perf_counter() - began:.1f} s"))
                end_background(home)  # which would disturb the next one
    return rows


def main() -> None:
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        solved_steps(Path(folder))
        if "--cold" in sys.argv:
            rows += cold(folder)
        seconds("warm", runs=1)
        rows.append(("s14 on the solution", f"{seconds('s14', '--from', folder):.1f} s"))
        rows.append(("s01 on the solution", f"{seconds('s01', '--from', folder):.1f} s"))
        rows.append(("check all, one process", f"{seconds('check', 'all', '--from', folder, runs=2):.1f} s"))
    rows.append(("watch, from save to verdict, slowest step", f"{save_to_verdict():.1f} s"))
    ways = ((), ("--naive",))
    for options in ways:
        story(*options)  # the first one compiles the model
    runs = [
        [story(*options) for options in ways] for _ in range(RUNS)
    ]  # in turn, so that a slow moment of the machine meets both
    for options, measured in zip(ways, zip(*runs, strict=True), strict=True):
        command, (first, speed) = " ".join(("generate", *options)), zip(*measured, strict=True)
        rows.append((f"{command}, until the first new token", f"{min(first):.1f} s"))
        rows.append((f"{command}, tokens per second", f"{max(speed):.0f}"))

    print("| what | figure |\n|---|---|")
    for row in rows:
        print("| {} | {} |".format(*row))


if __name__ == "__main__":
    main()
