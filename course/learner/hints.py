"""The command ``hint``: one more hint for the TODO where a learner is stuck.

The hints stand beside the TODO in the solution; how many of them are open is remembered.
"""

from rich.markup import escape
from rich.table import Column, Table
from rich.text import Text

from course.curriculum.steps import read_source, step_path, step_title
from course.curriculum.todos import Todo, open_todos, read_todos, todo_lines
from course.learner import memory as state
from course.learner.memory import Checked
from course.terminal import console

TIERS = ("the idea", "the tool", "nearly the code")


def show(step: int, number: int | None = None) -> None:
    """Open one more hint for a step, and print all that are open for its TODO.

    Args:
        number: the TODO; without it the one that holds the learner up.

    Raises:
        ValueError: the step has no such TODO.
        FileNotFoundError: there is no file for the step.
        OSError: what is open cannot be remembered.
    """
    path = step_path(step)
    if not path.is_file():
        raise FileNotFoundError(f"steps/{path.name} is not there; ./run reset {step} brings it back")
    source = read_source(path)
    todos = {todo.number: todo for todo in read_todos(step)}
    if number is not None and number not in todos:
        raise ValueError(f"step {step:02} has no TODO {number}: its TODOs are 1 to {len(todos)}")
    with state.change() as memory:
        todo = todos[number] if number else stuck_at(step, source, memory[step].checked)
        opened = min(memory[step].hints.get(todo.number, 0) + 1, len(todo.hints))
        memory[step].hints[todo.number] = opened

    line = todo_lines(source).get(todo.number)
    console.out.print(f"[bold]Step {step:02}: {escape(step_title(step))}[/]  [dim]steps/{path.name}[/]")
    console.out.print(f"TODO {todo.number}{f' (line {line})' if line else ''}: {escape(todo.title)}\n")
    hints = Table.grid(Column(), Column(overflow="fold"), padding=(0, 2))
    for tier, hint in enumerate(todo.hints[:opened], start=1):
        text = Text(hint)
        text.highlight_regex("`[^`]+`", "cyan")
        hints.add_row(Text(f"{tier}/{len(todo.hints)}", style="bold"), text)
    console.out.print(hints, soft_wrap=False)
    console.out.print(f"\n[bold]Next:[/] {_next(step, todo, opened, number)}")


def stuck_at(step: int, source: str, checked: Checked | None) -> Todo:
    """The TODO that holds a learner up: the first open one, else the one that the last check blames."""
    todos = read_todos(step)
    try:
        open_ = open_todos(source, step)
    except SyntaxError as error:
        begun = {number for number, line in todo_lines(source).items() if line <= (error.lineno or 0)}
        return next((todo for todo in reversed(todos) if todo.number in begun), todos[0])
    except (ValueError, RecursionError, MemoryError):  # nothing that Python can read
        return todos[0]
    if open_:
        return open_[0]
    blamed = checked.todo if checked else None
    return next((todo for todo in todos if todo.number == blamed), todos[0])


def _next(step: int, todo: Todo, opened: int, asked: int | None) -> str:
    if opened == len(todo.hints):
        return f"./run s{step:02}. That was the last hint; ./run diff {step} shows the solution."
    tier = f"{opened + 1}/{len(todo.hints)}: {TIERS[opened]}"
    return f"./run s{step:02}. Still stuck? ./run hint {step}{f' --todo {asked}' if asked else ''} opens {tier}."
