"""Mutation: every operator, constant, name and argument of a program changed, one at a time.

Left alone are what nothing can come of: docstrings, annotations, imports, and the words of an error message.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

OPERATORS: dict[type[ast.AST], tuple[type[ast.AST], ...]] = {
    ast.Add: (ast.Sub, ast.Mult),
    ast.Sub: (ast.Add, ast.Mult),
    ast.Mult: (ast.Div, ast.Add),
    ast.Div: (ast.Mult, ast.Sub),
    ast.FloorDiv: (ast.Div, ast.Mod),
    ast.Mod: (ast.FloorDiv, ast.Mult),
    ast.Pow: (ast.Mult, ast.Div),
    ast.MatMult: (ast.Mult, ast.Add),
    ast.And: (ast.Or,),
    ast.Or: (ast.And,),
    ast.Eq: (ast.NotEq, ast.LtE, ast.GtE),
    ast.NotEq: (ast.Eq, ast.Lt, ast.Gt),
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
}


@dataclass(frozen=True)
class Mutant:
    """A program with one change.

    Attributes:
        place: the function or class that is changed, such as "GPT2Config.head_dim".
        before, after: the statement that is changed; "pass" where it is left out.
    """

    place: str
    before: str
    after: str
    source: str

    def __str__(self) -> str:
        return f"{self.place}: {self.before} -> {self.after}"


def mutants(source: str) -> list[Mutant]:
    """All mutants of a program, no two of which are the same program."""
    tree = ast.parse(source)
    original = ast.unparse(tree)
    found = {}
    for path, field, index in _code(tree, ()):
        owner, *_ = path
        siblings = getattr(owner, field)
        part = siblings if index is None else siblings[index]
        statement = next((node for node in (part, *path) if isinstance(node, ast.stmt)), None)
        before = _line(statement)
        for other in _changes(part, path):
            _put(owner, field, index, other)
            mutated = ast.unparse(tree)
            after = _line(other if part is statement else statement)
            _put(owner, field, index, part)
            if mutated != original:
                found.setdefault(mutated, Mutant(_place((part, *path)), before, after, mutated))
    return list(found.values())


Path = tuple[ast.AST, ...]  # the nodes around a node, from the inside out


def _code(node: ast.AST, around: Path) -> Iterator[tuple[Path, str, int | None]]:
    """The parts of a program that do something: where each stands, the field that holds it, and its index there."""
    path = (node, *around)
    for field, value in ast.iter_fields(node):
        if field in ("annotation", "returns", "bases"):
            continue
        for index, child in enumerate(value) if isinstance(value, list) else [(None, value)]:
            is_words = isinstance(node, ast.JoinedStr) and isinstance(child, ast.Constant)
            is_text = isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant)
            is_import = isinstance(child, (ast.Import, ast.ImportFrom))
            if isinstance(child, (ast.expr, ast.stmt, ast.arguments, ast.arg, ast.keyword)) and not (
                is_words or is_text or is_import
            ):
                if isinstance(child, (ast.expr, ast.stmt)):
                    yield path, field, index
                yield from _code(child, path)


def _changes(node: ast.AST, path: Path) -> Iterator[ast.AST]:
    """What can stand in the place of a part of a program."""
    match node:
        case ast.BinOp(left, operator, right):
            yield from (ast.BinOp(left, other(), right) for other in OPERATORS[type(operator)])
            yield from (left, right)
        case ast.BoolOp(operator, values):
            yield from (ast.BoolOp(other(), values) for other in OPERATORS[type(operator)])
            yield from values
        case ast.Compare(left, [operator], right):
            yield from (ast.Compare(left, [other()], right) for other in OPERATORS[type(operator)])
        case ast.UnaryOp(ast.USub(), operand):
            yield operand
        case ast.Constant(value=bool(value)):
            yield ast.Constant(not value)
        case ast.Constant(value=None):
            yield ast.Constant(0)
        case ast.Constant(value=int(value)):
            yield from map(ast.Constant, (value + 1, value - 1))
        case ast.Constant(value=float(value)):
            yield from map(ast.Constant, (value * 2, value / 2, 0.0, value + 1))
        case ast.Constant(value=str(value)):
            yield ast.Constant(value[1:] if value.startswith("-") else f"{value}s")
        case ast.Name(name, ast.Load()) if name in (variables := _variables(path, node.lineno)):
            yield from (ast.Name(other, ast.Load()) for other in variables if other != name)
        case ast.Attribute(ast.Name(("self" | "config") as owner), name, context):
            others = (other for other in _attributes(path[-1], owner) if other != name)
            yield from (ast.Attribute(ast.Name(owner, ast.Load()), other, context) for other in others)
        case ast.Call(function, arguments, keywords):
            for index in range(len(arguments)):
                before, one, after = arguments[:index], arguments[index : index + 1], arguments[index + 1 :]
                yield ast.Call(function, before + after, keywords)
                yield ast.Call(function, before + after[:1] + one + after[1:], keywords)
            for index in range(len(keywords)):
                yield ast.Call(function, arguments, keywords[:index] + keywords[index + 1 :])
            yield from arguments[:1]
            if isinstance(function, ast.Attribute) and not isinstance(function.value, ast.Name):
                yield function.value
        case ast.Tuple([first, second, *rest], context) | ast.List([first, second, *rest], context):
            yield type(node)([second, first, *rest], context)
        case ast.Slice():
            yield ast.Slice()
        case ast.If(_, body, orelse):
            yield from (ast.If(ast.Constant(value), body, orelse) for value in (True, False))
        case ast.FunctionDef(decorator_list=[_, *_]):
            yield ast.FunctionDef(**{**dict(ast.iter_fields(node)), "decorator_list": []}, lineno=0)
        case ast.ClassDef(decorator_list=[_, *_]):
            yield ast.ClassDef(**{**dict(ast.iter_fields(node)), "decorator_list": []})
    if isinstance(node, ast.stmt) and not isinstance(node, (ast.FunctionDef, ast.ClassDef)):
        yield ast.Pass()


def _variables(path: Path, line: int) -> list[str]:
    """The variables of the innermost function around a node that have a value before its line."""
    function = next((node for node in path if isinstance(node, ast.FunctionDef)), None)
    if function is None:
        return []
    names = [each.arg for each in ast.walk(function.args) if isinstance(each, ast.arg) and each.arg != "self"]
    stored = (each for each in ast.walk(function) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store))
    names += [each.id for each in stored if each.lineno < line and each.id != "_"]
    return list(dict.fromkeys(names))


def _attributes(tree: ast.AST, owner: str) -> list[str]:
    """The attributes of a variable that a program knows."""
    known = (each for each in ast.walk(tree) if isinstance(each, ast.Attribute) and isinstance(each.value, ast.Name))
    return list(dict.fromkeys(each.attr for each in known if each.value.id == owner))  # type: ignore[attr-defined]


def _put(owner: ast.AST, field: str, index: int | None, part: ast.AST) -> None:
    """Let a node hold this part."""
    if index is None:
        setattr(owner, field, part)
    else:
        getattr(owner, field)[index] = part


def _place(path: Path) -> str:
    names = [node.name for node in path if isinstance(node, (ast.FunctionDef, ast.ClassDef))]
    return ".".join(reversed(names))


def _line(statement: ast.AST | None) -> str:
    """A statement on one line, of a compound one its head, with the first of its decorators."""
    return ast.unparse(statement).splitlines()[0] if statement else ""
