"""A step's statements without what hides a copy: other names, comments, dead statements, split expressions.

Nothing that comes out of it is run: it need not do what the code does, as long as a copy becomes what its original
does.
"""

import ast
import io
import token
import tokenize
import warnings
from collections import Counter
from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass

NAME = "_"  # stands for every name that the file itself gives
LONGEST = 500  # statements of a block whose expressions are put together
ROUNDS = 10  # of a look for what is dead, which may leave something else dead
BROKEN = 20  # lines that are passed over until the rest can be read


@dataclass(frozen=True)
class Clause:
    """A statement, or the head of a compound one, and the lines that it was written in."""

    words: tuple[str, ...]
    lines: tuple[int, ...]


def clauses(source: str) -> list[Clause]:
    """The statements that do something, in their order.

    Lines that Python cannot read are passed over; of what is no Python at all nothing is left.
    """
    try:
        tree = _parsed(source)
        canonical = _Canonical(*_own_names(tree))
        for _ in range(ROUNDS):
            reads = _reads(tree)
            if not _without_dead(tree.body, reads):
                break
        return [_clause(canonical, each) for each in _heads(_simplified(tree.body))]
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []


def _parsed(source: str) -> ast.Module:
    lines = source.split("\n")
    for _ in range(BROKEN):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # about a submission's code, and not asked for
                return ast.parse("\n".join(lines))
        except SyntaxError as error:
            number = (error.lineno or 0) - 1
            if not 0 <= number < len(lines):
                break
            line = lines[number]
            lines[number] = line[: len(line) - len(line.lstrip())] + "pass"
    return ast.parse("\n".join(lines))


def _own_names(tree: ast.Module) -> tuple[dict[str, str], set[str]]:
    """The names that the file gives: of imports with what they are called elsewhere; and those of attributes."""
    names: dict[str, str] = {}
    attributes = set()
    imported: dict[str, str] = {}
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name) | ast.ExceptHandler(name=str(name)):
                names[name] = NAME
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                names[name] = NAME
                attributes.add(name)
            case ast.Attribute(attr=name, ctx=ast.Store()):
                attributes.add(name)
            case ast.Import(names=several) | ast.ImportFrom(names=several):
                imported |= {each.asname: each.name.rpartition(".")[2] for each in several if each.asname}
    return names | imported, attributes


# Statements that do nothing, and expressions in several statements


def _simplified(body: list[ast.stmt]) -> list[ast.stmt]:
    """A block, and the blocks in it, without what does nothing, and with a value where it is used, if that is once."""
    body = [plain for statement in body for plain in _plain(statement)]
    for statement in body:
        for block in _blocks(statement):
            block[:] = _simplified(block)
    if len(body) > LONGEST:
        return body
    reads = [_reads(statement) for statement in body]
    for place in reversed(range(len(body) - 1)):
        name = _assigned(body[place])
        if name is None:
            continue
        scope = range(place + 1, _next_assignment(body, place, name) + 1)
        users = [each for each in scope if reads[each][name]]
        if sum(reads[each][name] for each in users) == 1:
            value = body[place].value  # type: ignore[attr-defined]
            body[users[0]] = _Put(name, value).visit(body[users[0]])
            reads[users[0]] += _reads(value)
            reads[users[0]][name] -= 1
            del body[place], reads[place]
    return body


def _without_dead(body: list[ast.stmt], reads: Counter[str]) -> bool:
    """Take the values that nothing reads out of a block. Returns whether there were any."""
    kept = [each for each in body if (name := _assigned(each)) is None or reads[name]]
    is_changed = len(kept) < len(body)
    body[:] = kept
    return any([is_changed, *(_without_dead(block, reads) for each in body for block in _blocks(each))])


def _plain(statement: ast.stmt) -> Iterator[ast.stmt]:
    """The statement in its simplest form; nothing where it says nothing."""
    match statement:
        case ast.Pass() | ast.Import() | ast.ImportFrom() | ast.AnnAssign(value=None):
            return
        case ast.Expr(value=ast.Constant() | ast.Name() | ast.Call(func=ast.Name(id="print"))):
            return
        case ast.AnnAssign(target=target, value=ast.expr() as value):
            yield ast.copy_location(ast.Assign([target], value), statement)
        case ast.AugAssign(target=ast.Name(id=name) as target, op=op, value=value):
            read = ast.copy_location(ast.Name(name, ast.Load()), target)
            whole = ast.copy_location(ast.BinOp(read, op, value), statement)
            yield ast.copy_location(ast.Assign([target], whole), statement)
        case ast.Assign(targets=[ast.Tuple(elts=names)], value=ast.Tuple(elts=values)) if len(names) == len(values):
            for one, value in zip(names, values):
                yield ast.copy_location(ast.Assign([one], value), value)
        case _:
            yield statement


def _blocks(statement: ast.stmt) -> Iterator[list[ast.stmt]]:
    for field in ("body", "orelse", "finalbody"):
        if isinstance(block := getattr(statement, field, None), list):
            yield block
    for part in [*getattr(statement, "handlers", []), *getattr(statement, "cases", [])]:
        yield part.body


def _reads(node: ast.AST) -> Counter[str]:
    return Counter(each.id for each in ast.walk(node) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Load))


def _assigned(statement: ast.stmt) -> str | None:
    match statement:
        case ast.Assign(targets=[ast.Name(id=name)]):
            return name
    return None


def _next_assignment(body: list[ast.stmt], place: int, name: str) -> int:
    """Where the name gets another value, the last statement where it does not."""
    later = range(place + 1, len(body))
    return next((each for each in later if _assigned(body[each]) == name), len(body) - 1)


class _Put(ast.NodeTransformer):
    """Puts a value in a name's place."""

    def __init__(self, name: str, value: ast.expr) -> None:
        self.name = name
        self.value = value

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return self.value if node.id == self.name and isinstance(node.ctx, ast.Load) else node


# Statements as words


def _heads(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """All statements of these blocks, compound ones without their blocks, which follow."""
    for statement in body:
        blocks = list(_blocks(statement))
        head = copy(statement)
        for field in ("body", "orelse", "finalbody", "handlers", "cases"):
            if hasattr(head, field):
                setattr(head, field, [ast.Pass()] if field == "body" else [])
        yield head
        for block in blocks:
            yield from _heads(block)


class _Canonical(ast.NodeTransformer):
    """Writes what can be written in several ways in one."""

    def __init__(self, names: dict[str, str], attributes: set[str]) -> None:
        self.names = names
        self.attributes = attributes

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return ast.Name(self.names.get(node.id, node.id), node.ctx)

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        return ast.Attribute(self.visit(node.value), NAME if node.attr in self.attributes else node.attr, node.ctx)

    def visit_arg(self, node: ast.arg) -> ast.arg:
        return ast.arg(NAME)

    def visit_keyword(self, node: ast.keyword) -> ast.keyword:
        return ast.keyword(node.arg and NAME, self.visit(node.value))

    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        return ast.Constant("" if isinstance(node.value, (str, bytes)) else node.value)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.expr:
        return ast.Constant("")

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.stmt:
        node.name, node.returns = NAME, None
        return self.generic_visit(node)  # type: ignore[return-value]

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.stmt:
        node.name = NAME
        return self.generic_visit(node)  # type: ignore[return-value]

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        left, right = self.visit(node.left), self.visit(node.right)
        if isinstance(node.op, (ast.Add, ast.Mult)):
            left, right = sorted((left, right), key=ast.unparse)
        return ast.BinOp(left, node.op, right)

    def visit_Compare(self, node: ast.Compare) -> ast.expr:
        left, *others = map(self.visit, [node.left, *node.comparators])
        match node.ops:
            case [ast.Gt()]:
                return ast.Compare(others[0], [ast.Lt()], [left])
            case [ast.GtE()]:
                return ast.Compare(others[0], [ast.LtE()], [left])
        return ast.Compare(left, node.ops, others)


def _clause(canonical: _Canonical, head: ast.stmt) -> Clause:
    lines = {node.lineno for node in ast.walk(head) if hasattr(node, "lineno")}
    return Clause(tuple(_words(ast.unparse(ast.fix_missing_locations(canonical.visit(head))))), tuple(sorted(lines)))


def _words(text: str) -> Iterator[str]:
    for each in tokenize.generate_tokens(io.StringIO(text).readline):
        if each.type in (token.NAME, token.OP, token.NUMBER, token.STRING) and each.string != "pass":
            yield each.string
