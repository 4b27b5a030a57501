"""What ``{{#name arguments}}`` stands for in the pages of the book.

Code, hints, lines and mistakes come from the solutions; pictures, captured terminals and
interactive parts from files beside the pages. What is not there is a fault, and leaves a mark
in the page.
"""

import json
import re
import textwrap
from collections.abc import Callable
from functools import partial
from html import escape
from pathlib import Path

from benchmarks.peers.report import read_results, tables
from book.chapters import EFFORTS, opening
from book.glossary import link_terms
from book.markdown import parts
from book.maths import to_mathml
from book.quiz import QuizError, read_quiz, to_html
from book.terminal_colours import plain
from book.terminal_colours import to_html as coloured
from course.curriculum.bugs import bugs
from course.curriculum.catalogue import read_mistakes
from course.curriculum.steps import ROOT, STEPS, solution_path
from course.curriculum.todos import Todo, skeleton
from course.learner.hints import TIERS

DIRECTIVE = re.compile(r"(^[ \t]+)?\{\{#(\w+)([^}]*)\}\}", re.MULTILINE)

_INCLUDE = re.compile(r"\.\./\.\./(steps|solutions)/(step|solution)_(\d\d)\.py(?::todo_(\d+))?")
_INDENT = re.compile(r" *(?:[✓✗○·] )?")
_MARKER = re.compile(r"\s*# (TODO \d+: |hint: |solution$|end$)")


class Nothing(LookupError):
    """A directive stands for nothing; the message says why."""


def expand(page: str, name: str, root: Path = ROOT) -> tuple[str, list[str]]:
    """A page with its directives and formulas replaced, and what is wrong with them.

    Args:
        name: the page's file name; step_07.md is about step 7.
    """
    faults: list[str] = []
    page = link_terms(page, name, root)
    text = "".join(part.text if part.info is not None else to_mathml(part.text, faults) for part in parts(page))
    return DIRECTIVE.sub(partial(_replacement, name=name, root=root, faults=faults), text), faults


def _replacement(match: re.Match, name: str, root: Path, faults: list[str]) -> str:
    indent, directive, argument = match.groups(default="")
    try:
        if directive not in _DIRECTIVES:
            raise Nothing(f"there are {', '.join(sorted(_DIRECTIVES))}")
        replacement = _DIRECTIVES[directive](argument.strip(), name, root)
    except (Nothing, OSError, ValueError) as error:
        what = match[0].strip()
        faults.append(f"{what}: {error}")
        return f"<mark>{escape(what).replace('{{', '&#123;&#123;')}</mark>"
    return textwrap.indent(replacement, indent)


def include(path: str, name: str, root: Path) -> str:
    """``../../steps/step_NN.py``, ``../../solutions/solution_NN.py``, or one TODO of that: ``…:todo_2``."""
    match = _INCLUDE.fullmatch(path)
    if not match or match[1] != f"{match[2]}s":
        raise Nothing("expected ../../steps/step_NN.py or ../../solutions/solution_NN.py")
    solution = _solution(int(match[3]), root)
    if match[1] == "steps":
        return skeleton(solution, int(match[3]))[0].rstrip("\n")
    if match[4]:
        todo = _todo(int(match[3]), match[4], root)
        return textwrap.dedent("\n".join(todo.code))
    return clean(solution).rstrip("\n")


def clean(solution: str) -> str:
    """A solution without its markers, tasks and hints: the code as one would write it."""
    kept: list[str] = []
    is_marker = False
    for line in solution.splitlines():
        if _MARKER.match(line):
            is_marker = line.strip() not in ("# solution", "# end")
        elif not (is_marker and line.lstrip().startswith("#")):
            is_marker = False
            kept.append(line)
    return "\n".join(kept) + "\n"


def lines(argument: str, name: str, root: Path) -> str:
    """``2``: where TODO 2 of the chapter's step stands in its skeleton; ``14.2`` elsewhere."""
    step, _, number = argument.rpartition(".")
    todo = _todo(_step(step or name), number, root)
    return line_range(todo)


def line_range(todo: Todo) -> str:
    """The lines of a TODO as one writes them: "32–37", or "17"."""
    first, last = todo.first_line, todo.last_line
    return f"{first}–{last}" if first != last else str(first)


def hints(number: str, name: str, root: Path) -> str:
    """The hints of a TODO, each folded."""
    found = _todo(_step(name), number, root).hints
    if len(found) != len(TIERS):
        raise Nothing(f"TODO {number} has {len(found)} hints, not {len(TIERS)}")
    return "\n".join(
        f'<details class="hint"><summary>Hint {tier} of {len(found)}: {title}</summary><p>{_inline(hint)}</p></details>'
        for tier, (title, hint) in enumerate(zip(TIERS, found), start=1)
    )


def mistakes(argument: str, name: str, root: Path) -> str:
    """What the checks recognize, as a folded list."""
    found = {mistake.title: mistake for mistake in read_mistakes(_step(name))}.values()  # some are known in two forms
    if not found:
        raise Nothing("the step has no known mistakes")
    items = "\n".join(
        f"<li><strong>{_inline(_sentence(mistake.title))}</strong> {_inline(mistake.lesson)}</li>" for mistake in found
    )
    summary = f"All {len(found)} mistakes that the checks are tried on"
    return f'<details class="mistakes"><summary>{summary}</summary>\n<ul>\n{items}\n</ul>\n</details>'


def picture(picture_name: str, name: str, root: Path) -> str:
    """``book/pictures/NAME.svg``, in the page itself, so that it takes the page's colours."""
    svg = _content(root / "book" / "pictures" / f"{picture_name}.svg")
    svg = re.sub(r"<\?xml.*?\?>|<!--.*?-->", "", svg, flags=re.DOTALL)
    lines = [line for line in svg.splitlines() if line.strip()]  # an empty one would end the HTML block
    return "\n".join(['<figure class="picture">', *lines, "</figure>"])


def terminal(terminal_name: str, name: str, root: Path) -> str:
    """``book/terminal/NAME.txt``: the command in its first line, and what it printed."""
    command, _, output = _content(root / "book" / "terminal" / f"{terminal_name}.txt").partition("\n")
    lines = output.strip("\n").splitlines()
    indents = [_INDENT.match(plain(line)).end() for line in lines]
    # &#10; as an empty line would end the HTML block
    output = "".join(f'<span style="--indent:{n}">{coloured(line)}&#10;</span>' for n, line in zip(indents, lines))
    return (
        f'<figure class="terminal"><figcaption><code>{escape(command)}</code></figcaption>'
        f'<pre tabindex="0">{output}</pre></figure>'
    )


def play(play_name: str, name: str, root: Path) -> str:
    """A place for an interactive part of the page, which book/play/play.js fills, and its data."""
    return _place(play_name, _content(root / "book" / "play" / f"{play_name}.json").strip())


def live(argument: str, name: str, root: Path) -> str:
    """``lens Once upon a time``: a place for a part that asks the story model, and the text that it begins with."""
    part, _, text = argument.partition(" ")
    if not text:
        raise Nothing("expected a part of book/play/, and the text that it begins with")
    folder = root / "book" / "play"
    if not any((place / f"{part}.js").is_file() for place in (folder, folder / "moments")):
        raise Nothing(f"there is no {part}.js in book/play/ or book/play/moments/")
    return _place(part, json.dumps({"text": text}).replace("<", r"\u003c"))


def _place(part: str, data: str) -> str:
    return (
        f'<div class="play" data-play="{part}">'
        "<noscript>This part of the page is there to be played with, and needs JavaScript.</noscript>"
        f'<script type="application/json">{data}</script></div>'
    )


def here(argument: str, name: str, root: Path) -> str:
    """How long the chapter takes, how hard it is, and where in the model its step is."""
    step = _step(name)
    if step not in EFFORTS:
        raise Nothing(f"book/chapters.py does not know how long step {step} takes")
    return opening(step)


def quiz(argument: str, name: str, root: Path) -> str:
    """The questions of book/quizzes/step_NN.toml, which the page checks."""
    step = f"step_{_step(name):02}"
    try:
        return to_html(read_quiz(root / "book" / "quizzes" / f"{step}.toml"), step)
    except (FileNotFoundError, KeyError, QuizError) as error:
        raise Nothing(f"no quiz: {error}") from None


def debug(argument: str, name: str, root: Path) -> str:
    """How to hunt for bugs in the chapter's step."""
    step = _step(name)
    if not (count := len(bugs(step))):
        raise Nothing(f"step {step} has no mistakes that can be planted")
    return (
        f"Here is this step with a mistake in it, one of {count}, easy ones first. The checks show what it does, "
        f"and once you have mended it you are told what it was:\n\n```sh\n./run debug {step}\n```"
    )


def speed(size: str, name: str, root: Path) -> str:
    """The tables that ``./run bench peers`` recorded for GPT-2 of that size."""
    try:
        return tables(read_results(size, root / "benchmarks" / "peers"))
    except FileNotFoundError:
        raise Nothing(f"no figures of {size} were recorded") from None


_DIRECTIVES: dict[str, Callable[[str, str, Path], str]] = {
    "include": include,
    "lines": lines,
    "hints": hints,
    "mistakes": mistakes,
    "picture": picture,
    "terminal": terminal,
    "play": play,
    "live": live,
    "here": here,
    "quiz": quiz,
    "debug": debug,
    "speed": speed,
}


def _step(text: str) -> int:
    """The step that "step_07.md" or "7" is about."""
    match = re.fullmatch(r"(?:step_(\d\d)\.md|(\d+))", text)
    step = int(match[1] or match[2]) if match else 0
    if step not in STEPS:
        raise Nothing(f"{text} is not about one of the {len(STEPS)} steps")
    return step


def _solution(step: int, root: Path) -> str:
    if step not in STEPS:
        raise Nothing(f"there is no step {step}")
    return _content(solution_path(step, root / "solutions"))


def _todo(step: int, number: str, root: Path) -> Todo:
    todos = skeleton(_solution(step, root), step)[1]
    for todo in todos:
        if str(todo.number) == number:
            return todo
    raise Nothing(f"step {step:02} has TODOs 1 to {len(todos)}, not {number!r}")


def _content(path: Path) -> str:
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise Nothing(f"{path.name} is not there") from None
    if not text.strip():
        raise Nothing(f"{path.name} is empty")
    return text


def _sentence(text: str) -> str:
    """A title as a sentence; a name in code keeps its case."""
    first = text[0] if re.match(r"\w*_|(?:eps|wte|x)\b", text) else text[0].upper()
    return f"{first}{text[1:]}."


def _inline(text: str) -> str:
    """A text with `code` in it, as HTML."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text, quote=False))
