"""Looks for the names that the book writes in backticks: in the course, MAX, NumPy, commands and files.

A name that nothing knows was misspelt, or has been renamed since.
"""

import builtins
import io
import json
import keyword
import re
import subprocess
import sys
import tokenize
from collections.abc import Set
from functools import cache
from pathlib import Path

# What pages and code call by a short name.
LIBRARIES = {
    "F": "max.experimental.functional",
    "max": "max",
    "math": "math",
    "nn": "max.experimental.nn",
    "np": "numpy",
    "numpy": "numpy",
    "random": "max.experimental.random",
}
CLASSES = {
    "CPU": "max.driver.CPU",
    "DType": "max.dtype.DType",
    "Module": "max.experimental.nn.Module",
    "Tensor": "max.experimental.tensor.Tensor",
}
# Names of other programs, which are not installed with the course, and of kinds of GPUs.
ELSEWHERE = {"torch", "transformers", "sm_80", "sm_90", "gfx942"}

CODE = (
    "solutions/*.py",
    "gpt2/**/*.py",
    "course/[!g]*/*.py",  # not the grader's names, which no reader of the book meets
    "tests/test_step_*.py",
    "tests/compare.py",
    "models/*/*.json",
    "training/*.py",
)

_COMMAND = re.compile(r"(?:\./run|pixi run|python -m course) *(\S*)")
_OPTION = re.compile(r"(?<!\S)--[a-z][\w-]*")
_PATH = re.compile(r"\.?[\w*-]+(?:[./][\w*.-]+)*(?:/|\.(?:js|json|lock|md|npz|py|safetensors|svg|toml|txt))")
_STRING = re.compile(r"'[^']*'|\"[^\"]*\"")
_NUMBER = re.compile(r"(?<![\w.])\d[\w.]*(?:(?<=e)[+-]?\d+)?")
_NAME = re.compile(r"[A-Za-z_]\w*(?:\.\w+)*")


def unknown_names(written: list[tuple[str, str]], root: Path, commands: Set[str]) -> list[list[str]]:
    """For each span of code, and the code on its page: the names in it that nothing knows.

    Args:
        commands: the commands of the course and their options.
    """
    known = _known(root)
    left = [
        [name for name in _names(span, root, commands) if not _is_known(name, known | _words(code))]
        for span, code in written
    ]
    in_libraries = _in_libraries({name for names in left for name in names}, known, root)
    return [[name for name in names if name not in in_libraries] for names in left]


def _names(span: str, root: Path, commands: Set[str]) -> list[str]:
    """What has to be known of a span; what can be seen to be right at once is left out."""
    command, options = _COMMAND.match(span), _OPTION.findall(span)
    if command or options:
        written = [command[1], *options] if command and command[1] else options
        return [word for word in written if word not in commands]
    if _PATH.fullmatch(span):
        return [] if _exists(span, root) else [span]
    return _NAME.findall(_NUMBER.sub(" ", _STRING.sub(" ", span)))


def _is_known(name: str, known: set[str]) -> bool:
    head, *rest = name.split(".")
    if name in known or len(name) == 1:
        return True
    if head in LIBRARIES or head in CLASSES or not rest:
        return False
    return all(len(part) == 1 or part.isdecimal() or part in known for part in (head, *rest))


@cache
def _known(root: Path) -> set[str]:
    """Names in the course's code, and the words of its explanations in the solutions."""
    found = {*keyword.kwlist, *keyword.softkwlist, *dir(builtins), *sys.stdlib_module_names, *ELSEWHERE}
    for pattern in CODE:
        for path in root.glob(pattern):
            text = path.read_text(encoding="utf-8")
            is_explained = path.parent.name == "solutions" or path.suffix != ".py"
            found |= set(_NAME.findall(text)) if is_explained else _words(text)
    return found | {part for name in found for part in name.split(".")} | set(LIBRARIES) | set(CLASSES)


@cache
def _words(code: str) -> set[str]:
    """The names in Python code, dotted ones also as a whole; of other text, all."""
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(code).readline))
    except (tokenize.TokenError, SyntaxError):
        return set(_NAME.findall(code))
    names = {token.string for token in tokens if token.type == tokenize.NAME}
    strings = {token.string.strip("\"'") for token in tokens if token.type == tokenize.STRING}
    names |= {string for string in strings if string.isidentifier()}
    return names | {name for name in _NAME.findall(code) if set(name.split(".")) <= names}


def _exists(path: str, root: Path) -> bool:
    """Whether a file or folder of the course has this name, or gets it in use; NN stands for any step."""
    if path in (root / ".gitignore").read_text().replace("\n/", "\n").split():  # made when it is needed
        return True
    path = path.replace("NN", "[0-9][0-9]").rstrip("/")
    return any(root.glob(path)) or (("/" not in path and any(root.glob(f"*/{path}"))) or any(root.glob(f"*/*/{path}")))


def _in_libraries(names: set[str], known: set[str], root: Path) -> set[str]:
    """Those of the names that MAX or NumPy has: a process of its own imports them."""
    if not names:
        return set()
    request = json.dumps([sorted(names), sorted(known)])
    ran = subprocess.run([sys.executable, "-m", "book.names"], cwd=root, input=request, capture_output=True, text=True)
    if ran.returncode:
        raise RuntimeError(f"MAX cannot be searched for names: {ran.stderr[-300:].strip()}")
    return set(json.loads(ran.stdout))


def main() -> None:
    import importlib

    names, known = json.load(sys.stdin)
    heads = {name: importlib.import_module(module) for name, module in LIBRARIES.items()}
    for name, place in CLASSES.items():
        module, _, attribute = place.rpartition(".")
        heads[name] = getattr(importlib.import_module(module), attribute)
    attributes = {attribute for head in heads.values() for attribute in dir(head)} | set(dir(heads["np"].ndarray))

    def has(name: str) -> bool:
        head, *rest = name.split(".")
        if head not in heads:
            return all(part in attributes or part in known or part.isdecimal() for part in (head, *rest))
        found = heads[head]
        for part in rest:
            if not hasattr(found, part):
                try:
                    importlib.import_module(f"{found.__name__}.{part}")
                except (AttributeError, ImportError):
                    return False
            found = getattr(found, part)
        return True

    print(json.dumps([name for name in names if has(name)]))


if __name__ == "__main__":
    main()
