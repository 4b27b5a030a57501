"""The command surface of the course: ``pixi run NAME`` and ``./run NAME`` end here."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial, wraps
from inspect import Signature, signature
from itertools import chain
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from course import diff, hints, progress, report, reset
from course.blame import culprits
from course.check import TIMEOUT, TOTAL_TIMEOUT, CannotCheck, StepResult, check
from course.todos import ROOT, STEPS
from gpt2.sampling import Sampling

NO, CANNOT = 1, 2  # exit codes: the answer is no; the question could not be asked

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Build GPT-2 in fourteen steps. Fill in steps/step_01.py, then: s01.",
)

From = Annotated[
    Path, typer.Option("--from", metavar="DIR", help="Folder with the step files.", show_default="steps")
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]
Mine = Annotated[bool, typer.Option("--mine", help="Stand on your own earlier steps, not on the solutions.")]
DeviceName = Annotated[
    str | None, typer.Option("--device", metavar="NAME", help="cpu, gpu or gpu:N. Default: a GPU where there is one.")
]
StepOrNext = Annotated[
    str | None, typer.Argument(metavar="N", help="1 to 14.", show_default="the first step that is not done")
]
Stop = Annotated[
    list[str] | None, typer.Option(metavar="TEXT", help="End before this text. May be given several times.")
]
MaxNewTokens = Annotated[
    int | None, typer.Option(metavar="N", help="Default: 200, or as many as the context has room for.")
]
CheckpointName = Annotated[
    str, typer.Option(metavar="DIR_OR_HUB_NAME", help="A GPT-2: a folder, or openai-community/gpt2, say.")
]
STORYTELLER = str(ROOT / "models" / "storyteller")
Weights = Annotated[
    Literal["float32", "bfloat16", "int8"], typer.Option(help="What weights are kept as: fewer bits are read faster.")
]
Timeout = Annotated[float, typer.Option(min=0.1, metavar="SECONDS", help="How long one check may take.")]


@app.command("check")
def check_steps(
    step: Annotated[str, typer.Argument(metavar="N|all", help="1 to 14, or all of them.")],
    folder: From = ROOT / "steps",
    as_json: Json = False,
    mine: Mine = False,
    device: DeviceName = None,
    timeout: Timeout = TIMEOUT,
) -> None:
    """Check step N: what is right, what is not, and what to do next. s01 to s14 are short for it."""
    steps = list(STEPS) if step == "all" else [_step_number(step)]
    before = progress.fingerprints(steps)

    def checked(steps: list[int], own: bool) -> list[StepResult]:
        return check(steps, folder, own=own, device=device, timeout=timeout, on_kernels=waiting.kernels)

    with report.Waiting() as waiting:
        results = checked(steps, own=mine)
        failing = [result.step for result in results if mine and not result.passed]
        blamed = {step: culprits(step, folder, partial(checked, own=False)) for step in failing}
    if _is_own(folder):
        # On the learner's own earlier steps a failure may be the fault of one of those.
        progress.record([result for result in results if result.passed or not mine], before)
    if as_json:
        objects = [result.to_json() for result in results]
        print(json.dumps(objects if step == "all" else objects[0]))
    else:
        for result in results:
            report.show(result, blamed.get(result.step, []))
    raise typer.Exit(0 if all(result.passed for result in results) else NO)


def _is_own(folder: Path) -> bool:
    """Whether the steps are the learner's own, and not submissions that an instructor looks at."""
    return folder.resolve() == (ROOT / "steps").resolve()


def _step_number(text: str) -> int:
    if not (text.isdecimal() and int(text) in STEPS):
        raise typer.BadParameter(f"{text!r} is not a step: expected 1 to {STEPS[-1]}", param_hint="N")
    return int(text)


@app.command("hint")
def open_hint(step: StepOrNext = None) -> None:
    """Open one hint more for the TODO where you are stuck: the idea, the tool, nearly the code."""
    hints.show(_step_or_next(step))


@app.command("diff")
def show_diff(
    step: StepOrNext = None,
    folder: From = ROOT / "steps",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask, though the step does not pass yet.")] = False,
) -> None:
    """Show your step beside the solution, TODO by TODO; white space and comments aside."""
    number = _step_or_next(step)
    if _is_own(folder) and not (yes or progress.has_passed(number) or _wants_solution(number)):
        raise typer.Exit(NO)
    diff.show(number, folder)


def _wants_solution(step: int) -> bool:
    warning = f"The solution of step {step:02} will be shown, and you have not passed it."
    if not sys.stdin.isatty():
        raise typer.Exit(_refuse(f"{warning} With --yes it is."))
    return typer.confirm(f"{warning} Show it?", err=True)


@app.command("watch")
def watch_steps(device: DeviceName = None) -> None:
    """Check the step that you work at, at every save: about a second from save to verdict."""
    from course.watch import watch

    watch(device)


@app.command("progress")
def show_progress() -> None:
    """Show how far you are in each of the fourteen steps, and what comes next."""
    progress.show()


@app.command("reset")
def reset_step(step: Annotated[str, typer.Argument(metavar="N", help="1 to 14.")]) -> None:
    """Bring the skeleton of step N back. Your file is kept as a dated copy."""
    reset.reset(_step_number(step))


def _step_or_next(text: str | None) -> int:
    if text is not None:
        return _step_number(text)
    if step := progress.first_unfinished():
        return step
    raise typer.BadParameter("all fourteen steps are done: name one of them", param_hint="N")


def _sampling(
    temperature: Annotated[float, typer.Option(help="0: the likeliest text. Over 1: wilder and wilder.")] = 0.8,
    greedy: Annotated[bool, typer.Option("--greedy", help="Take the likeliest token each time.")] = False,
    top_k: Annotated[int | None, typer.Option(metavar="K", help="Draw from the K likeliest tokens only.")] = None,
    top_p: Annotated[
        float, typer.Option(metavar="P", help="Draw from the fewest likeliest tokens that together have probability P.")
    ] = 1.0,
    min_p: Annotated[
        float, typer.Option(metavar="P", help="Draw from tokens at least P times as likely as the likeliest.")
    ] = 0.0,
    repetition_penalty: Annotated[
        float, typer.Option(metavar="X", help="Over 1: make tokens that have occurred less likely, the prompt's too.")
    ] = 1.0,
    presence_penalty: Annotated[
        float, typer.Option(metavar="X", help="Taken off the logits of tokens that the text has used.")
    ] = 0.0,
    frequency_penalty: Annotated[
        float, typer.Option(metavar="X", help="Taken off the logits of a token for each time the text has used it.")
    ] = 0.0,
    seed: Annotated[int | None, typer.Option(metavar="N", help="The same seed tells the same story.")] = None,
) -> Sampling:
    """How a text is to be chosen."""
    sampling = Sampling(
        temperature=temperature,
        top_k=top_k,
        top_p=top_p,
        min_p=min_p,
        repetition_penalty=repetition_penalty,
        presence_penalty=presence_penalty,
        frequency_penalty=frequency_penalty,
        seed=seed,
    )
    return replace(sampling, temperature=0) if greedy else sampling


def _samples(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of ``_sampling``. It gets what they make, and refuses what the engine refuses."""
    own, options = (signature(function).parameters for function in (command, _sampling))

    @wraps(command)
    def run(**given: Any) -> None:
        from course import runtime
        from course.generate import GenerateError
        from gpt2.checkpoint import CheckpointError

        chosen = {name: given.pop(name) for name in options}
        try:
            sampling = _sampling(**chosen)
        except ValueError as error:
            raise typer.Exit(_refuse(error)) from None
        runtime.prepare()
        try:
            command(sampling=sampling, **given)
        except (GenerateError, CheckpointError, runtime.DeviceError) as error:
            raise typer.Exit(_refuse(error)) from None

    parameters = [parameter for parameter in own.values() if parameter.name != "sampling"]
    run.__signature__ = Signature([*parameters, *options.values()])
    return run


@app.command("generate")
@_samples
def generate_text(
    sampling: Sampling,
    prompt: Annotated[str, typer.Argument(help="What the text begins with.")] = "Once upon a time",
    max_new_tokens: MaxNewTokens = None,
    slide: Annotated[
        bool, typer.Option("--slide", help="Go on with the last half of the context when it is full.")
    ] = False,
    stop: Stop = None,
    naive: Annotated[
        bool, typer.Option("--naive", help="Generate with step 14's loop, which reads the text again for each token.")
    ] = False,
    mine: Annotated[bool, typer.Option("--mine", help="Run the model and the loop in steps/: your own.")] = False,
    weights: Weights = "float32",
    device: DeviceName = None,
    checkpoint: CheckpointName = STORYTELLER,
) -> None:
    """Let the model write: the small story model that comes with the course, or another GPT-2."""
    from course.generate import generate

    generate(
        prompt,
        sampling,
        max_new_tokens=max_new_tokens,
        slide=slide,
        stop=stop or (),
        naive=naive,
        steps=ROOT / "steps" if mine else None,
        weights=weights,
        device=device,
        checkpoint=checkpoint,
    )


@app.command("chat")
@_samples
def chat_with_model(
    sampling: Sampling,
    max_new_tokens: Annotated[int, typer.Option(min=1, metavar="N", help="For each reply.")] = 200,
    stop: Stop = None,
    weights: Weights = "float32",
    device: DeviceName = None,
    checkpoint: CheckpointName = STORYTELLER,
) -> None:
    """Write a text with the model, by turns. GPT-2 knows no questions and answers: it goes on with what is there."""
    from course.chat import chat

    chat(sampling, max_new_tokens=max_new_tokens, stop=stop or (), weights=weights, device=device, checkpoint=checkpoint)


@app.command("serve", context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def serve_model(
    context: typer.Context,
    checkpoint: Annotated[
        str, typer.Option(metavar="DIR_OR_HUB_NAME", help="A GPT-2: a folder, or openai-community/gpt2, say.")
    ] = str(ROOT / "models" / "storyteller"),
    host: Annotated[str, typer.Option(help="The address to listen at; 0.0.0.0 is every one.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535)] = 8000,
    device: DeviceName = None,
) -> None:
    """Serve a model through an OpenAI-compatible API; further arguments go to ``max serve``."""
    from course import runtime, serve
    from gpt2.checkpoint import CheckpointError

    runtime.prepare()
    try:
        serve.serve(checkpoint, host=host, port=port, device=device, further=context.args)
    except KeyboardInterrupt:  # which is how a server ends
        report.err.print("Stopped.")
    except (serve.ServeError, CheckpointError, runtime.DeviceError) as error:
        raise typer.Exit(_refuse(error)) from None


@app.command()
def warm(device: DeviceName = None) -> None:
    """Compile MAX's kernels, once on this machine, so that nothing else has to wait for it."""
    _load_kernels(device)
    report.out.print("MAX's kernels are ready.")


bench = typer.Typer(rich_markup_mode=None)
app.add_typer(bench, name="bench")


@bench.callback(invoke_without_command=True)
def bench_course(
    context: typer.Context,
    cold: Annotated[bool, typer.Option("--cold", help="Compile from an empty cache too: minutes.")] = False,
) -> None:
    """Measure how long a learner waits, on this machine."""
    if context.invoked_subcommand is None:
        command = [sys.executable, "-m", "benchmarks.course", *(["--cold"] if cold else [])]
        raise typer.Exit(subprocess.run(command, cwd=ROOT).returncode and CANNOT)


@bench.command("grading")
def bench_grading(
    submissions: Annotated[int, typer.Argument(min=1, metavar="N", help="How many, of fourteen steps each.")] = 100,
) -> None:
    """Measure what grading a class costs, on this machine."""
    command = [sys.executable, "-m", "benchmarks.grading", str(submissions)]
    raise typer.Exit(subprocess.run(command, cwd=ROOT).returncode and CANNOT)


@bench.command("weights")
def bench_weights() -> None:
    """Measure how well the story model predicts with weights in fewer bits."""
    raise typer.Exit(subprocess.run([sys.executable, "-m", "benchmarks.weights"], cwd=ROOT).returncode and CANNOT)


@bench.command("peers")
def bench_peers(
    size: Annotated[Literal["124M", "355M"], typer.Option(help="Of the GPT-2 with random weights.")] = "124M",
    rounds: Annotated[int, typer.Option(min=1, help="Of which the best counts.")] = 3,
    only: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="A contender; repeat for more.", show_default="all")
    ] = None,
    record: Annotated[bool, typer.Option("--record", help="Put the figures into the README and the book.")] = False,
) -> None:
    """Measure the engine beside transformers, CTranslate2 and others: some ten minutes, and 2 GB of disk."""
    from benchmarks.peers.command import CannotMeasure, run

    try:
        run(size, rounds, only, record)
    except CannotMeasure as error:
        raise typer.Exit(_refuse(error)) from None


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def test(context: typer.Context) -> None:
    """Run the test suite of the course; further arguments go to pytest."""
    _load_kernels(None)
    raise typer.Exit(subprocess.run([sys.executable, "-m", "pytest", *context.args], cwd=ROOT).returncode and NO)


@app.command("verify")
def verify_course(
    score: Annotated[
        bool, typer.Option("--score", help="Print what the checks make of known mistakes and right answers, too.")
    ] = False,
) -> None:
    """Prove that solutions, skeletons, checks, hints, files and book agree: for those who change the course."""
    from book.check import prove
    from course.score import Outcome, table
    from course.verify import verify

    faults = 0
    outcomes: list[Outcome] = []

    def tried(outcome: Outcome, done: int, total: int) -> None:
        outcomes.append(outcome)
        waiting.count(f"Trying the checks on known answers to step {outcome.step:02}", done, total)

    with report.Waiting() as waiting:
        for point in chain(verify(waiting.kernels, tried), prove(waiting.say)):
            report.show_point(point)
            faults += len(point.faults)
    if score:
        report.out.print(f"\n{table(outcomes)}", soft_wrap=True)
    raise typer.Exit(NO if faults else 0)


@app.command("book")
def read_book() -> None:
    """Read the book in your browser, at http://localhost:3000. Ctrl-C ends it."""
    raise typer.Exit(_mdbook("serve", "--open"))


@app.command("build-book")
def build_book() -> None:
    """Build the book into book/html."""
    raise typer.Exit(_mdbook("build"))


def _mdbook(*arguments: str) -> int:
    from book.build import mdbook

    return mdbook(*arguments).returncode and CANNOT


@app.command("grade")
def grade_submissions(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH", help="Submissions, or folders of them.")],
    steps: Annotated[str, typer.Option(metavar="FIRST-LAST", help="Which steps, such as 3 or 1-14.")] = "1-14",
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where the results and the pages are put.")] = Path("grades"),
    score: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Points for each step, in TOML.", show_default="1 for each step")
    ] = None,
    jobs: Annotated[int, typer.Option(min=1, help="How many submissions at once.")] = os.cpu_count() or 1,
    timeout: Timeout = TIMEOUT,
    total_timeout: Annotated[
        float, typer.Option(min=1, metavar="SECONDS", help="How long all checks of a submission may take together.")
    ] = TOTAL_TIMEOUT,
    memory: Annotated[int, typer.Option(min=64, metavar="MIB", help="For each submission, beyond what MAX takes.")] = 2048,
    sandbox: Annotated[bool, typer.Option("--sandbox/--no-sandbox", help="Without it: only for code that you trust.")] = True,
) -> None:
    """Grade submissions: folders, zip or tar files with step_NN.py in them, each in a sandbox."""
    from course.grading import sandbox as walls
    from course.grading.grade import Settings, grade
    from course.grading.marks import BadMarks, Marks
    from course.grading.publish import publish
    from course.grading.show import Table
    from course.grading.submissions import BadSubmission, find

    try:
        submissions = find(paths)
        marks = Marks.read(score) if score else Marks()
    except (BadSubmission, BadMarks) as error:
        raise typer.Exit(_refuse(error)) from None
    if sandbox:
        walls.refuse_without()
    else:
        report.err.print("Without a sandbox a submission can read, change and forge whatever you can.", style="yellow")
    _load_kernels(None)
    settings = Settings(_steps_from(steps), jobs, timeout, total_timeout, (memory << 20) * sandbox)
    with Table([each.name for each in submissions], settings.steps) as table:
        grades = grade(submissions, out / "results", settings, table.add)
    page = publish(submissions, grades, settings.steps, marks, out)
    report.out.print(f"\n{report.printable(str(page))} shows them all.", markup=False)
    raise typer.Exit(NO if any(each.error for each in grades) else 0)


def _steps_from(text: str) -> tuple[int, ...]:
    first, _, last = text.partition("-")
    numbers = (_step_number(first), _step_number(last or first))
    if numbers[0] > numbers[1]:
        raise typer.BadParameter(f"{text!r} ends before it begins", param_hint="--steps")
    return tuple(range(numbers[0], numbers[1] + 1))


def _load_kernels(device: str | None) -> None:
    with report.Waiting() as waiting:
        check([], None, device=device, on_kernels=waiting.kernels)


def _refuse(error: Exception | str) -> int:
    """Say why a command cannot be run, and return its exit code."""
    report.err.print(f"error: {error}", style="red", markup=False)
    return CANNOT


def main() -> None:
    """Run a command. Errors that the user can mend are one line and exit code 2."""
    for stream in (sys.stdout, sys.stderr):
        report.spell(stream)
    arguments = sys.argv[1:]
    if arguments and (name := arguments[0]) in {f"s{step:02}" for step in STEPS}:
        arguments = ["check", str(int(name[1:])), *arguments[1:]]
    try:
        # ./run and pixi start in the repository, and say where the user is. What we start is not for them to move.
        os.chdir(os.environ.pop("INIT_CWD", "."))
        app(arguments, prog_name="./run")
    except (CannotCheck, OSError) as error:
        sys.exit(_refuse(error))


if __name__ == "__main__":
    main()
