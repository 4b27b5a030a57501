"""Several texts, their probabilities and their times: `--samples`, `--show-probabilities`, `--stats`."""

import csv
import io
import math

import pytest

from course.writing import generate as command
from course.writing.generate import generate
from course.writing.stats import Stopwatch
from gpt2.generator import Generator, Token
from gpt2.sampling import Sampling
from selftests.course.test_page import Terminal

HALF = math.log(0.5)


@pytest.fixture
def tell(monkeypatch, folder, capsys):
    """Runs generate with an engine that says "AB" each time, whose second token was not the likeliest."""
    asked = []

    def stream(self, prompt, sampling, **options):
        asked.append((sampling, options))  # the fixture's tokens 65 to 69 are b to f
        yield Token(65, "A", HALF, [(65, HALF), (66, -2.0), (67, -3.0), (68, -4.0)], None)
        yield Token(66, "B", -5.0, [(65, HALF), (67, -3.0), (68, -4.0), (69, -4.5)], "length")

    def tell(sampling=Sampling(seed=7), stdout=None, **options):
        monkeypatch.setattr(command, "load", lambda *_: Generator(None, None, ()))
        monkeypatch.setattr(Generator, "stream", stream)
        if stdout:
            monkeypatch.setattr("sys.stdout", stdout)
        generate("One", sampling, checkpoint=str(folder), **options)
        return capsys.readouterr(), asked

    return tell


def test_samples_have_seeds_that_follow_each_other_and_an_empty_line_between(tell):
    printed, asked = tell(samples=3)
    assert printed.out == "OneAB\n\nOneAB\n\nOneAB\n"
    assert [sampling.seed for sampling, _ in asked] == [7, 8, 9]
    _, asked = tell(Sampling(seed=2**32 - 1), samples=2)
    assert [sampling.seed for sampling, _ in asked[3:]] == [2**32 - 1, 0]


def test_a_text_without_a_seed_can_be_told_again(tell):
    printed, asked = tell(Sampling(), stats=True)
    assert f"--seed {asked[0][0].seed} tells it again" in " ".join(printed.err.split())


def test_stats_say_how_many_tokens_how_fast_and_why_it_ended(tell):
    told = " ".join(tell(stats=True)[0].err.split())
    assert told.startswith("3 tokens read, 2 written in 0.") and "a second, the first after" in told
    assert told.endswith("It has as many tokens as were asked for. --seed 7 tells it again.")
    assert tell()[0].err == ""


def test_of_no_tokens_there_is_no_speed_and_of_the_likeliest_no_seed():
    assert "a second" not in Stopwatch().summary(3, 0, "length", Sampling(seed=1))
    assert "seed" not in Stopwatch().summary(3, 0, "eos", Sampling(temperature=0, seed=1))


def test_into_a_pipe_probabilities_are_a_table_of_all_tokens(tell):
    printed, asked = tell(show_probabilities=True)
    head, *rows = csv.reader(io.StringIO(printed.out), delimiter="\t", quoting=csv.QUOTE_NONE)
    assert head == ["token", "probability", *["runner_up", "probability"] * 3]
    assert [row[0] for row in rows] == ['"b"', '"c"']
    assert rows[0][1:] == ["0.500000", '"c"', "0.135335", '"d"', "0.049787", '"e"', "0.018316"]
    assert rows[1][1:4] == ["0.006738", '"b"', "0.500000"]  # what was likelier than it
    assert asked[0][1]["logprobs"] == 4


def test_on_a_terminal_there_is_the_text_a_legend_and_where_the_model_was_least_sure(tell):
    terminal = Terminal()
    tell(show_probabilities=True, stdout=terminal)
    text, _, below = terminal.getvalue().partition("\n")
    assert text == "OneAB"
    assert "50% or more" in below and below.index('"b"    50.0%') < below.index('"c"     0.7%')
