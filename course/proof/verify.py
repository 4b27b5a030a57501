"""Proves that the parts of the course agree: solutions, skeletons, checks, hints and files.

Each point looks at one promise. Those that only read files take the repository's root, so that
they can be pointed at another tree; those that run MAX judge what course.judging.run found, or
tools.mistakes.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from difflib import SequenceMatcher
from pathlib import Path

from course.curriculum.catalogue import read_mistakes, read_right
from course.curriculum.files import file_names
from course.curriculum.steps import ROOT, STEPS, STEPS_FOLDER, solution_path, step_path
from course.curriculum.todos import MarkerError, Todo, read_todos, skeleton, todo_lines
from course.judging.run import judge
from course.judging.verdicts import StepResult
from course.proof.generated import generated
from course.proof.linters import lint
from course.proof.mutants import mutants_are_caught, read_mutants
from course.proof.point import Point
from course.proof.score import Outcome, table
from course.refusal import Refusal

HINTS = 3  # the idea, the tool, nearly the code

# The lines of the TODO blocks in steps/step_14.py, as the specification of that step fixes them: texts outside of this
# repository refer to them by number.
QUOTED_LINES = {14: {1: (13, 17), 2: (32, 37), 3: (42, 54), 4: (57, 58), 5: (77, 94)}}

MISTAKES = 100  # at least, in all
RIGHT_ANSWERS_A_STEP = 3

PROCESSES = 2  # that try answers: each of them keeps about one core busy

REQUIRED = {
    *(f"solutions/solution_{step:02}.py" for step in STEPS),
    *(f"steps/step_{step:02}.py" for step in STEPS),
    *(f"tests/test_step_{step:02}.py" for step in STEPS),
    *(f"tests/fixtures/step_{step:02}.npz" for step in STEPS if STEPS[step].has_fixture),
    *(f"tests/mistakes/step_{step:02}.{kind}" for step in STEPS for kind in ("npz", "toml")),
    *(f"tests/right/step_{step:02}.toml" for step in STEPS),
    *(f"tests/mutants.{kind}" for kind in ("json", "toml")),
    *(f"book/src/{name}.md" for name in ("introduction", "setup", "serving", "where_next")),
    *(f"book/src/step_{step:02}.md" for step in STEPS),
}


def verify(
    on_kernels: Callable[[int, int, str | None], None], on_answer: Callable[[Outcome, int, int], None]
) -> Iterator[Point]:
    """Every point about this repository, as soon as it is known.

    Args:
        on_kernels: as for ``course.judging.run.judge``.
        on_answer: called with what became of each answer of the catalogue, and with how many of
            how many are done.
    """
    for point in READING:
        yield point(ROOT)
    yield generated(ROOT)
    yield from lint(ROOT)
    yield _judged(skeletons_fail, STEPS_FOLDER, on_kernels)
    yield _judged(solutions_pass, None, on_kernels)
    try:
        outcomes = _try_answers(on_answer)
    except Refusal as error:
        yield Point("the checks can be tried on the answers of the catalogue", [str(error)])
        return
    faults = [outcome.fault for outcome in outcomes if outcome.fault]
    yield mistakes_are_caught([fault for fault in faults if not fault.startswith("tests/right/")])
    yield right_answers_pass([fault for fault in faults if fault.startswith("tests/right/")])
    yield score_is_shown(ROOT, outcomes)


# Points that read files


def files(root: Path) -> Point:
    """Every file that the course needs is there."""
    missing = [f"{name} is missing" for name in sorted(REQUIRED - set(file_names(root)))]
    return Point.about(len(REQUIRED), "files that the course needs are there", missing)


def markers(root: Path) -> Point:
    """Every solution can be cut into a skeleton."""
    faults = []
    solutions = _solutions(root)
    for step, text in solutions.items():
        try:
            skeleton(text, step)
        except (MarkerError, SyntaxError) as error:
            faults.append(f"solutions/solution_{step:02}.py: {error}")
    return Point.about(len(solutions), "solutions mark their TODO blocks as course/curriculum/todos.py asks", faults)


def hints(root: Path) -> Point:
    """Every TODO has its tiers of hints."""
    faults = []
    count = 0
    for step, (_, todos) in _skeletons(root).items():
        for todo in todos:
            written = sum(bool(hint.strip()) for hint in todo.hints)
            count += written
            if written != HINTS or len(todo.hints) != HINTS:
                faults.append(f"solutions/solution_{step:02}.py, TODO {todo.number}: {written} hints, not {HINTS}")
    return Point.about(count, f"hints, {HINTS} for every TODO", faults)


def skeletons(root: Path) -> Point:
    """steps/ is what the solutions make of it."""
    faults = []
    made, steps = _skeletons(root), _steps(root)
    both = sorted(made.keys() & steps.keys())
    for step in both:
        if line := _first_difference(steps[step], made[step][0]):
            faults.append(f"steps/step_{step:02}.py, line {line}: not what tools/skeletons.py makes (is it solved?)")
    return Point.about(len(both), "skeletons equal what tools/skeletons.py makes", faults)


def additions(root: Path) -> Point:
    """Solving only adds lines inside TODO blocks, or replaces the ``raise`` there.

    Compares the files as they are, and so does not rely on what makes the skeletons.
    """
    faults = []
    solutions, steps = _solutions(root), _steps(root)
    both = sorted(solutions.keys() & steps.keys())
    for step in both:
        before, after = steps[step].splitlines(), solutions[step].splitlines()
        inside = _lines_in_blocks(after)
        for kind, i1, i2, j1, j2 in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
            if kind == "equal":
                continue
            kept = [line for line in before[i1:i2] if not _is_raise(line)]
            outside = [index for index in range(j1, j2) if index not in inside]
            if kept or kind == "delete":
                faults.append(f"steps/step_{step:02}.py, line {i1 + 1}: not in solutions/solution_{step:02}.py")
            elif outside:
                faults.append(
                    f"solutions/solution_{step:02}.py, line {outside[0] + 1}: "
                    f"not in a TODO block, and not in steps/step_{step:02}.py"
                )
    return Point.about(len(both), "steps become their solutions by lines inside TODO blocks", faults)


def quoted_lines(root: Path) -> Point:
    """The TODO blocks stand on the lines that the text of the course gives for them."""
    faults = []
    count = 0
    for step, quoted in QUOTED_LINES.items():
        blocks = _blocks(_steps(root).get(step, ""))
        for number, (first, last) in quoted.items():
            count += number in blocks
            if blocks.get(number) != (first, last):
                stands = "on lines {}-{}".format(*blocks[number]) if number in blocks else "nowhere"
                faults.append(f"steps/step_{step:02}.py: TODO {number} stands {stands}, not on lines {first}-{last}")
    return Point.about(count, "TODO blocks stand on the lines that the text gives", faults)


READING = (files, markers, hints, skeletons, additions, quoted_lines, mutants_are_caught)


# Points that run the checks


def _judged(look: Callable[[list[StepResult]], Point], folder: Path | None, on_kernels: Callable) -> Point:
    """A judgement of all steps in a folder, or of the solutions, checked in one process."""
    there = _steps(ROOT) if folder else _solutions(ROOT)  # a missing file is another point's matter
    try:
        return look(judge(there, folder, on_kernels=on_kernels))
    except Refusal as error:
        return Point(f"the checks of {(folder or ROOT / 'solutions').name}/ can be run", [str(error)])


def skeletons_fail(results: list[StepResult]) -> Point:
    """No check passes on a skeleton, and the report names every TODO as open."""
    faults = []
    for result in results:
        faults += [f"{_name(result)} passes {each.id}" for each in result.checks if each.status == "passed"]
        unseen = _todo_numbers(result) - {todo.number for todo in result.unfinished}
        faults += [f"{_name(result)}: TODO {todo} is not seen as open" for todo in sorted(unseen)]
    count = sum(len(result.checks) for result in results)
    return Point.about(count, f"checks fail on {len(results)} skeletons and name every TODO", faults)


def solutions_pass(results: list[StepResult]) -> Point:
    """Every check passes on its solution, and every TODO is proven by one."""
    faults = []
    for result in results:
        faults += [
            f"{_name(result)} does not pass {each.id}: {each.status}, {each.actual}"
            for each in result.checks
            if each.status != "passed"
        ]
        unproven = _todo_numbers(result) - {todo for each in result.checks for todo in each.todos}
        faults += [f"{_name(result)}: no check proves TODO {todo}" for todo in sorted(unproven)]
    count = sum(len(result.checks) for result in results)
    return Point.about(count, f"checks pass on {len(results)} solutions and prove every TODO", faults)


def _try_answers(on_answer: Callable[[Outcome, int, int], None]) -> list[Outcome]:
    """What tools.mistakes finds of the answers in tests/mistakes/ and tests/right/.

    Raises:
        Refusal: it does not come to its end.
    """
    steps = list(_solutions(ROOT))  # a missing file is another point's matter
    total = sum(len(read_mistakes(step)) + len(read_right(step)) for step in steps)
    outcomes: list[Outcome] = []
    with ThreadPoolExecutor(PROCESSES) as pool, tempfile.TemporaryFile("w+") as errors:

        def try_each(steps: list[int]) -> None:
            command = [sys.executable, "-m", "tools.mistakes", "--verify", "--json", *map(str, steps)]
            with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=errors, text=True) as trying:
                for line in trying.stdout or ():
                    outcomes.append(Outcome(**json.loads(line)))
                    on_answer(outcomes[-1], len(outcomes), total)

        list(pool.map(try_each, (steps[first::PROCESSES] for first in range(PROCESSES))))
        if len(outcomes) != total:
            errors.seek(0)
            told = errors.read()[-300:].strip()
            raise Refusal(f"tools.mistakes ends after {len(outcomes)} of {total} answers: {told}")
    return sorted(outcomes, key=lambda outcome: outcome.step)


def mistakes_are_caught(faults: list[str]) -> Point:
    """Every mistake fails its check, which names it; and they are enough."""
    counts = {step: len(read_mistakes(step)) for step in STEPS}
    count = sum(counts.values())
    few = [
        f"tests/mistakes/step_{step.number:02}.toml: {counts[step.number]} mistakes, not {step.least_mistakes}"
        for step in STEPS.values()
        if counts[step.number] < step.least_mistakes
    ]
    if count < MISTAKES:
        few.append(f"tests/mistakes: {count} mistakes, not {MISTAKES}")
    return Point.about(count, "mistakes are caught by their checks, and named", few + faults)


def right_answers_pass(faults: list[str]) -> Point:
    """Every other way of writing a step passes its checks; and they are enough."""
    counts = {step: len(read_right(step)) for step in STEPS}
    few = [
        f"tests/right/step_{step:02}.toml: {count} right answers, not {RIGHT_ANSWERS_A_STEP}"
        for step, count in counts.items()
        if count < RIGHT_ANSWERS_A_STEP
    ]
    return Point.about(sum(counts.values()), "right answers that differ from the solutions pass", few + faults)


def score_is_shown(root: Path, outcomes: list[Outcome]) -> Point:
    """CONTRIBUTING.md holds the table that verify --score prints."""
    page = root / "CONTRIBUTING.md"
    is_shown = page.is_file() and table(outcomes, read_mutants(root)) in _read(page)
    faults = (
        []
        if is_shown
        else ["CONTRIBUTING.md: its table of mistakes and right answers is not what verify --score prints"]
    )
    return Point.about(len(outcomes), "answers make up the score that CONTRIBUTING.md shows", faults)


def _name(result: StepResult) -> str:
    path = Path(result.file)
    return f"{path.parent.name}/{path.name}"


def _todo_numbers(result: StepResult) -> set[int]:
    return {todo.number for todo in read_todos(result.step)}


# Reading


def _read(path: Path) -> str:
    """A file's text, whatever it holds, with the ends of its lines as they are."""
    return path.read_bytes().decode("utf-8", errors="replace")


def _solutions(root: Path) -> dict[int, str]:
    """The text of every solution that is there."""
    return _texts({step: solution_path(step, root / "solutions") for step in STEPS})


def _steps(root: Path) -> dict[int, str]:
    """The text of every step that is there."""
    return _texts({step: step_path(step, root / "steps") for step in STEPS})


def _texts(paths: dict[int, Path]) -> dict[int, str]:
    return {step: _read(path) for step, path in paths.items() if path.is_file()}


def _skeletons(root: Path) -> dict[int, tuple[str, list[Todo]]]:
    """What can be made of the solutions; those whose markers are wrong are another point's matter."""
    made = {}
    for step, text in _solutions(root).items():
        try:
            made[step] = skeleton(text, step)
        except (MarkerError, SyntaxError):
            continue
    return made


def _first_difference(text: str, other: str) -> int | None:
    """The number of the first line that is not the same."""
    lines, others = text.splitlines(keepends=True), other.splitlines(keepends=True)
    pairs = enumerate(zip([*lines, ""], [*others, ""]), start=1)
    return next((number for number, (line, other_line) in pairs if line != other_line), None)


def _lines_in_blocks(solution: list[str]) -> set[int]:
    """The indices of a solution's lines from a TODO's first hint to its end."""
    inside = set()
    is_inside = False
    for index, line in enumerate(solution):
        is_inside = is_inside or line.lstrip().startswith("# hint:")
        if is_inside:
            inside.add(index)
        is_inside = is_inside and line.strip() != "# end"
    return inside


def _blocks(step: str) -> dict[int, tuple[int, int]]:
    """The first and last line of each TODO in a skeleton: its comment, and its ``raise`` if it has one."""
    lines = step.splitlines()
    blocks = {}
    for number, first in todo_lines(step).items():
        last = first
        while last < len(lines) and lines[last].lstrip().startswith("#"):
            last += 1
        if last < len(lines) and _is_raise(lines[last]):
            last += 1
        blocks[number] = (first, last)
    return blocks


def _is_raise(line: str) -> bool:
    return line.lstrip().startswith("raise NotImplementedError(")
