"""The TODO blocks of a step: read from a solution, cut out for a skeleton, found in a learner's file.

A solution marks a block like this::

    # TODO 2: a title, and on
    #   further lines the task
    # hint: first tier (the idea),
    #   which may go on
    # hint: second tier (the tool)
    # hint: third tier (nearly the code)
    # solution
    the code
    # end

In the skeleton the task stays, the hints go, and the code becomes a ``raise`` that names the
TODO. Outside functions, where a ``raise`` would break the import, the code just goes.
"""

import ast
import re
import textwrap
from dataclasses import dataclass
from difflib import SequenceMatcher

from course.curriculum.steps import solution_path

_TODO = re.compile(r"\s*# TODO (\d{1,9}): (.*)")
_HINT = re.compile(r"\s*# hint: (.+)")


@dataclass(frozen=True)
class Todo:
    """One TODO block. Lines are 1-based and inclusive, in the skeleton."""

    number: int
    task: tuple[str, ...]
    hints: tuple[str, ...]
    code: tuple[str, ...]
    first_line: int
    last_line: int

    @property
    def title(self) -> str:
        """The first line of the task, without its closing punctuation."""
        return self.task[0].rstrip(".:,;")


class MarkerError(ValueError):
    """A solution's TODO markers are not as the format asks; the message says where."""


def skeleton(solution: str, step: int) -> tuple[str, list[Todo]]:
    """Turn a solution's text into the skeleton's text and its TODO blocks.

    Raises:
        MarkerError: a block is not closed, has no task or no code, or is out of order.
    """
    functions = _function_lines(solution)
    out: list[str] = []
    todos: list[Todo] = []
    lines = iter(enumerate(solution.splitlines(), start=1))
    for line_number, line in lines:
        start = _TODO.fullmatch(line)
        if not start:
            if line.strip() in ("# solution", "# end") or _HINT.fullmatch(line):
                raise MarkerError(f"solution {step:02}, line {line_number}: {line.strip()!r} outside a TODO")
            out.append(line)
            continue

        number = int(start[1])
        if number != len(todos) + 1:
            raise MarkerError(f"solution {step:02}, line {line_number}: TODO {number} after TODO {len(todos)}")
        first_line = len(out) + 1
        task, hints, code = [start[2]], [], []
        out.append(line)
        part = "task"
        for line_number, line in lines:
            if _TODO.fullmatch(line):
                raise MarkerError(f"solution {step:02}, line {line_number}: TODO {number} is not closed by '# end'")
            if line.strip() == "# end":
                break
            if line.strip() == "# solution":
                part = "code"
            elif part == "code":
                code.append(line)
            elif hint := _HINT.fullmatch(line):
                hints.append(hint[1])
            elif not line.strip().startswith("#"):
                raise MarkerError(f"solution {step:02}, line {line_number}: code before '# solution'")
            elif hints:
                hints[-1] += " " + line.strip(" #")
            else:
                task.append(line.strip(" #"))
                out.append(line)
        else:
            raise MarkerError(f"solution {step:02}: TODO {number} is not closed by '# end'")
        if not any(line.strip() for line in code):
            raise MarkerError(f"solution {step:02}: TODO {number} has no code")

        todo = Todo(number, tuple(task), tuple(hints), tuple(code), first_line, len(out))
        if line_number in functions:
            indent = line[: len(line) - len(line.lstrip())]
            out.append(f'{indent}raise NotImplementedError("step {step:02}, TODO {number}: {todo.title}")')
            todo = Todo(number, todo.task, todo.hints, todo.code, first_line, len(out))
        todos.append(todo)
    if not todos:
        raise MarkerError(f"solution {step:02} has no TODO block")
    return "\n".join(out) + "\n", todos


def read_todos(step: int) -> list[Todo]:
    """The TODO blocks of a step."""
    return skeleton(solution_path(step).read_text(encoding="utf-8"), step)[1]


def changed_todos(step: int, text: str) -> list[int]:
    """The numbers of the TODOs whose code is not the solution's in a step's text; comments do not count."""
    numbers: list[int | None] = []  # of each line of code the TODO that it stands in
    code: list[str] = []
    number = None
    for line in solution_path(step).read_text(encoding="utf-8").splitlines():
        if start := _TODO.fullmatch(line):
            number = int(start[1])
        elif line.strip() == "# end":
            number = None
        if not line.lstrip().startswith("#"):
            code.append(line)
            numbers.append(number)
    found = set()
    for tag, first, last, *_ in SequenceMatcher(None, code, text.splitlines(), autojunk=False).get_opcodes():
        if tag != "equal":  # what is put in between belongs to the line before or the one after
            found |= set(numbers[first:last] or numbers[max(first - 1, 0) : first + 1])
    return sorted(number for number in found if number is not None)


def todo_lines(source: str) -> dict[int, int]:
    """Where the task comments stand in a learner's file: TODO number to line."""
    found: dict[int, int] = {}
    for line_number, line in enumerate(source.split("\n"), start=1):
        if match := _TODO.match(line):
            found.setdefault(int(match[1]), line_number)
    return found


def open_todos(source: str, step: int) -> list[Todo]:
    """The TODOs that a learner has not begun, read from the file's syntax tree.

    A TODO in a function is open while its ``raise`` stands. One outside functions (imports,
    fields) is open while the file binds none of the names that the solution binds there.

    Raises:
        SyntaxError: the file is not Python.
    """
    try:
        tree = ast.parse(source)
    except (RecursionError, MemoryError):
        raise SyntaxError("too deeply nested") from None
    raised = {
        node.exc.args[0].value
        for node in ast.walk(tree)
        if isinstance(node, ast.Raise)
        and isinstance(node.exc, ast.Call)
        and getattr(node.exc.func, "id", None) == "NotImplementedError"
        and node.exc.args
        and isinstance(node.exc.args[0], ast.Constant)
    }
    bound = _bound_names(tree)
    open_ = []
    for todo in read_todos(step):
        prefix = f"step {step:02}, TODO {todo.number}:"
        is_raise = todo.last_line - todo.first_line == len(todo.task)
        if is_raise:
            is_open = any(str(message).startswith(prefix) for message in raised)
        else:
            is_open = not bound & _bound_names(ast.parse(textwrap.dedent("\n".join(todo.code))))
        if is_open:
            open_.append(todo)
    return open_


def _bound_names(tree: ast.AST) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            names |= {alias.asname or alias.name for alias in node.names}
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            names.add(node.target.id)
    return names


def _function_lines(source: str) -> set[int]:
    """The lines of a source text that lie inside a function."""
    return {
        line
        for node in ast.walk(ast.parse(source))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        for line in range(node.lineno, (node.end_lineno or node.lineno) + 2)
    }
