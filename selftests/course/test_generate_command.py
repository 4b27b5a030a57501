"""The command line of `generate` and `chat` passes every option on, and says in one line what is wrong."""

import pytest
from typer.testing import CliRunner

from course.commands import app
from course.curriculum.steps import ROOT, STORYTELLER
from gpt2.cpu.panels import FORMATS
from gpt2.sampling import Sampling

GREEDY = Sampling(temperature=0)
SAMPLING = (
    "--temperature 0.5 --top-k 3 --top-p 0.4 --min-p 0.2 --repetition-penalty 1.5 --presence-penalty 0.6 "
    "--frequency-penalty 0.7 --seed 9"
)
SAMPLED = {
    "temperature": 0.5,
    "top_k": 3,
    "top_p": 0.4,
    "min_p": 0.2,
    "repetition_penalty": 1.5,
    "presence_penalty": 0.6,
    "frequency_penalty": 0.7,
    "seed": 9,
}


def command_line(monkeypatch, function, line):
    """What a command is called with."""
    called = []
    monkeypatch.setattr(function, lambda *arguments, **options: called.append((arguments, options)))
    ran = CliRunner().invoke(app, line.split(), catch_exceptions=False)
    assert ran.exit_code == 0, ran.stderr
    return called[0]


def test_the_command_line_passes_every_option_on(monkeypatch):
    monkeypatch.setattr("course.learner.progress.passes_now", lambda step: step == 16)
    line = (
        f"generate Hello {SAMPLING} --max-new-tokens 8 --slide --stop . --stop ! --naive --mine --weights int8 "
        "--samples 3 --show-probabilities --stats "
        "--device cpu --checkpoint there"
    )
    assert command_line(monkeypatch, "course.writing.generate.generate", line) == (
        ("Hello", Sampling(**SAMPLED)),
        {
            "max_new_tokens": 8,
            "slide": True,
            "stop": [".", "!"],
            "naive": True,
            "steps": ROOT / "steps",
            "own_cache": True,
            "weights": "int8",
            "device": "cpu",
            "checkpoint": "there",
            "samples": 3,
            "show_probabilities": True,
            "stats": True,
        },
    )


def test_chat_has_the_same_options(monkeypatch):
    line = f"chat {SAMPLING} --max-new-tokens 8 --stop . --weights int8 --device cpu --checkpoint there"
    assert command_line(monkeypatch, "course.writing.chat.chat", line) == (
        (Sampling(**SAMPLED),),
        {"max_new_tokens": 8, "stop": ["."], "weights": "int8", "device": "cpu", "checkpoint": "there"},
    )


@pytest.mark.parametrize("command", ["generate", "chat"])
def test_the_weights_of_the_command_line_are_those_of_the_engine(command):
    result = CliRunner().invoke(app, [command, "--weights", "float8"])
    assert result.exit_code == 2
    assert "'float8'" in result.stderr and ", ".join(map(repr, FORMATS)) in result.stderr


def test_greedy_is_temperature_zero_whatever_the_temperature(monkeypatch):
    (_, sampling), _ = command_line(
        monkeypatch, "course.writing.generate.generate", "generate --greedy --temperature 9"
    )
    assert sampling == GREEDY
    (_, sampling), options = command_line(monkeypatch, "course.writing.generate.generate", "generate")
    assert sampling == Sampling(temperature=0.8)
    assert options["steps"] is None and options["checkpoint"] == str(STORYTELLER)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("generate --top-p 0", "--top-p 0.0: expected a number above 0, up to 1"),
        ("chat --top-p 0", "--top-p 0.0: expected a number above 0, up to 1"),
        ("generate --top-k -2", "--top-k -2: expected a whole number, 1 or more, or 0 or -1 for all"),
        ("generate --greedy --temperature -1", "--temperature -1.0: expected a finite number, 0 or more"),
        ("generate --seed 4294967296", "--seed 4294967296: expected a whole number from 0 to 4294967295"),
        ("generate --max-new-tokens -1", "--max-new-tokens -1: expected 0 or more"),
        ("generate --naive --weights int8", "--weights int8: step 14's loop (--naive, --mine) keeps them as float32"),
        ("chat --checkpoint ./nowhere", "--checkpoint ./nowhere: there is no folder ./nowhere"),
    ],
)
def test_the_command_line_says_what_is_wrong_in_one_line(line, message):
    ran = CliRunner().invoke(app, line.split())
    assert ran.exit_code == 2
    assert ran.stdout == ""
    assert ran.stderr == f"error: {message}\n"
