"""Every error about an option names it as it is typed, for each option of each command that takes a value."""

import re

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from course.commands import app
from course.curriculum.steps import ROOT

# For each command's options a value that cannot be, and what else it takes for the value to be looked at.
# None: every value can be, such as any text to stop at.
SAMPLING = {
    "--temperature": "-1",
    "--top-k": "-2",
    "--top-p": "0",
    "--min-p": "2",
    "--repetition-penalty": "0",
    "--presence-penalty": "nan",
    "--frequency-penalty": "inf",
    "--seed": "-1",
}
WRITING = {**SAMPLING, "--stop": "", "--weights": "int7", "--device": "tpu", "--checkpoint": "./nowhere"}
BAD = {
    "check": {"1": "1", "--from": "./nowhere", "--device": "tpu", "--timeout": "0"},
    "hint": {"1": "1", "--todo": "9"},
    "diff": {"1": "--yes 1", "--from": "./nowhere"},
    "watch": {"--device": None},  # it says so at every check, as check does
    "debug": {"1": "1", "--export": "submissions/ada", "--seed": None, "--device": None},  # as watch
    "python": {"-c": None, "-m": None, "--device": "tpu"},
    "grade": {
        "1": "submissions",
        "--steps": "3-99",
        "--out": "submissions",
        "--points": "./nowhere.toml",
        "--roster": "./nowhere.csv",
        "--against": "./nowhere",
        "--jobs": "0",
        "--timeout": "0",
        "--total-timeout": "0",
        "--memory": "1",
        "--again": "eve",
        "--scheduler": "somewhere",
    },
    "generate": {**WRITING, "--max-new-tokens": "-1", "--samples": "0"},
    "chat": {**WRITING, "--max-new-tokens": "0"},
    "serve": {"--checkpoint": "./nowhere", "--host": "192.0.2.1", "--port": "70000", "--device": "tpu"},
    "warm": {"--device": "tpu"},
    "train": {
        "1": str(ROOT / "requirements-dev.lock"),
        "--size": "huge",
        "--minutes": "nan",
        "--steps": "0",
        "--seed": "-1",
        "--to": str(ROOT),
    },
    "notebook": {"--port": "70000"},
    "bench peers": {"--size": "1T", "--rounds": "0", "--only": "nobody", "--device": "tpu"},
}
AFTER_THE_SANDBOX = ("--against", "--again")  # what these name is looked for once it is known to work
CASES = [
    pytest.param(
        *(command, values.get("1", ""), option, value),
        marks=[pytest.mark.sandbox] if option in AFTER_THE_SANDBOX else [],
    )
    for command, values in BAD.items()
    for option, value in values.items()
    if option != "1" and value is not None
]


def options(command, name: str = "") -> dict[str, set[str]]:
    """For each command those of its options that take a value."""
    found: dict[str, set[str]] = {}
    for each, inner in getattr(command, "commands", {}).items():
        found |= options(inner, f"{name} {each}".strip())
    own = {
        each.opts[0] for each in command.params if each.param_type_name == "option" and not getattr(each, "is_flag", 0)
    }
    return found | ({name: own} if own else {})


def test_every_option_that_takes_a_value_is_tried():
    assert options(get_command(app)) == {command: set(values) - {"1"} for command, values in BAD.items()}


@pytest.mark.parametrize(("command", "further", "option", "value"), CASES)
def test_an_impossible_value_is_told_with_the_option_as_it_is_typed(
    command, further, option, value, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    submission = tmp_path / "submissions" / "ada"
    submission.mkdir(parents=True)
    (submission / "step_01.py").touch()
    ran = CliRunner().invoke(app, [*command.split(), *further.split(), option, value], input="Once\n")
    assert ran.exit_code == 2, ran.output
    lines = ran.stderr.strip().splitlines()
    assert re.search(rf"(?<![\w-]){re.escape(option)}(?![\w-])", lines[-1]), ran.stderr
    assert "_" not in lines[-1].split(":")[0]
