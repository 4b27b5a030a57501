"""The command bench, and what it can measure."""

import subprocess
import sys
from typing import Annotated, Literal

import typer

from course.commands.app import CANNOT, app
from course.curriculum.steps import ROOT

bench = typer.Typer(rich_markup_mode=None)
app.add_typer(bench, name="bench")


@bench.callback(invoke_without_command=True)
def bench_course(
    context: typer.Context,
    cold: Annotated[
        bool, typer.Option("--cold", help="From an empty home, too, with kernels and without: minutes.")
    ] = False,
) -> None:
    """Measure how long a learner waits, on this machine."""
    if context.invoked_subcommand is None:
        _run("benchmarks.course", *(["--cold"] if cold else []))


@bench.command("grading")
def bench_grading(
    submissions: Annotated[int, typer.Argument(min=1, metavar="N", help="How many, of fourteen steps each.")] = 100,
) -> None:
    """Measure what grading a class costs, on this machine."""
    _run("benchmarks.grading", str(submissions))


@bench.command("cluster")
def bench_cluster() -> None:
    """Measure what judging, handing over and pages cost, and say what that makes of large classes."""
    _run("benchmarks.cluster")


@bench.command("weights")
def bench_weights() -> None:
    """Measure how well the story model predicts with weights in fewer bits."""
    _run("benchmarks.weights")


@bench.command("peers")
def bench_peers(
    size: Annotated[Literal["124M", "355M", "1.5B"], typer.Option(help="Of the GPT-2 with random weights.")] = "124M",
    rounds: Annotated[int, typer.Option(min=1, help="Of which the best counts.")] = 3,
    only: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="A contender; repeat for more.", show_default="all")
    ] = None,
    device: Annotated[
        Literal["cpu", "gpu"], typer.Option(help="gpu: 124M and 1.5B beside what runs there, in a JSON row each.")
    ] = "cpu",
    record: Annotated[bool, typer.Option("--record", help="Put the figures into benchmarks/README.md.")] = False,
) -> None:
    """Measure the engine beside transformers, CTranslate2 and others: some ten minutes, and 2 GB of disk."""
    if device == "gpu":
        from benchmarks.peers import gpu

        gpu.run([*gpu.SIZES], device)
        return
    from benchmarks.peers.command import run

    run(size, rounds, only, record)


def _run(module: str, *arguments: str) -> None:
    """A benchmark in a process of its own, which nothing else has loaded anything into."""
    ran = subprocess.run([sys.executable, "-m", module, *arguments], cwd=ROOT)
    raise typer.Exit(ran.returncode and CANNOT)
