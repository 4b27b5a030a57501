"""./run make knows what is stale, and what it made last."""

import json
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from course.commands import app
from course.commands import make as command
from course.curriculum.files import file_names
from course.curriculum.steps import ROOT
from course.proof import table
from course.proof.generated import generated
from course.proof.table import TABLE, Row, read_record, record, why_stale

ROW = Row("sums", "sums of numbers", ("sum.txt",), ("numbers.py",), "sums")


@pytest.fixture
def root(tmp_path, monkeypatch):
    """A folder with one source, and what was made of it."""
    (tmp_path / "tools").mkdir()
    (tmp_path / "numbers.py").write_text("numbers = [1, 2]\n")
    (tmp_path / "sum.txt").write_text("3")
    monkeypatch.setattr(table, "TABLE", (ROW,))
    record(ROW, tmp_path)
    return tmp_path


def test_what_was_just_made_is_not_stale(root):
    assert why_stale(ROW, root) is None


@pytest.mark.parametrize(
    "change, why",
    [
        (lambda root: (root / "numbers.py").write_text("numbers = [1, 3]\n"), "numbers.py: changed since it was made"),
        (lambda root: (root / "sum.txt").write_text("4"), "sum.txt: changed by hand"),
        (lambda root: (root / "sum.txt").unlink(), "there is no sum.txt"),
        (lambda root: (root / table.RECORD).unlink(), "nothing is known of how it was made"),
    ],
)
def test_what_makes_it_stale(root, change, why):
    change(root)
    assert why_stale(ROW, root) == why


def test_comments_and_empty_lines_make_nothing_stale(root):
    (root / "numbers.py").write_text("# Some numbers.\n\nnumbers = [1, 2]  # two of them\n")
    assert why_stale(ROW, root) is None


def test_the_record_keeps_the_order_of_the_table(tmp_path):
    (tmp_path / "tools").mkdir()
    for row in reversed(TABLE[:3]):
        record(row, tmp_path)
    assert list(read_record(tmp_path)) == [row.name for row in TABLE[:3]]


def test_the_repository_is_as_its_sources_make_it():
    """./run make makes what is stale."""
    assert generated(ROOT).faults == []


def test_every_row_makes_and_reads_something():
    names = file_names(ROOT)
    for row in TABLE:
        assert all(list(ROOT.glob(pattern)) for pattern in row.makes), row.name
        assert any(list(ROOT.glob(pattern)) for pattern in row.sources), row.name
        module = row.command.replace(".", "/")
        assert f"{module}.py" in names or f"{module}/__main__.py" in names


# The command


@pytest.fixture
def made(root, monkeypatch):
    """The modules that the command runs, in the place of running them, on that folder alone."""
    ran = []

    def run(command, cwd):
        ran.append(command[-1])
        (root / "sum.txt").write_text("made anew")
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(command.subprocess, "run", run)
    for function in (why_stale, record):
        monkeypatch.setattr(table, function.__name__, lambda row, function=function: function(row, root))
    monkeypatch.setattr(table, "read_record", lambda root=root: json.loads((root / table.RECORD).read_text()))
    return ran


def make(*arguments: str):
    return CliRunner().invoke(app, ["make", *arguments])


def test_nothing_is_made_where_nothing_is_stale(made):
    assert make().exit_code == 0 and made == []


def test_what_is_stale_is_made_once(made, root):
    (root / "numbers.py").write_text("numbers = []\n")
    assert make().exit_code == 0 and make().exit_code == 0
    assert made == ["sums"]


def test_what_is_named_is_made_in_any_case(made):
    assert make("sums").exit_code == 0 and made == ["sums"]


def test_what_cannot_be_made_here_is_said(made, root, monkeypatch):
    monkeypatch.setattr(table, "TABLE", (Row(**{**vars(ROW), "cannot": lambda: "needs a rainbow"}),))
    (root / "numbers.py").write_text("numbers = []\n")
    ran = make()
    assert ran.exit_code == 1 and "needs a rainbow" in ran.stdout and made == []


def test_a_program_that_fails_leaves_it_stale(made, root, monkeypatch):
    monkeypatch.setattr(command.subprocess, "run", lambda command, cwd: subprocess.CompletedProcess(command, 1))
    ran = make("sums")
    assert ran.exit_code == 2 and "sums could not be made" in ran.stderr
    (root / "numbers.py").write_text("numbers = []\n")
    assert make().exit_code == 2


def test_accepting_makes_nothing_and_says_what_it_accepts(made, root):
    (root / "numbers.py").write_text("numbers = []\n")
    ran = make("sums", "--accept")
    assert ran.exit_code == 0 and "changed since it was made" in ran.stdout and made == []
    assert why_stale(ROW, root) is None


@pytest.mark.parametrize(
    "arguments, told",
    [(["nothing"], "'nothing' is not something that is made"), (["--accept"], "--accept needs names")],
)
def test_what_makes_no_sense_is_refused(made, arguments, told):
    ran = make(*arguments)
    assert ran.exit_code == 2 and told in ran.stderr and made == []


def test_the_picture_of_the_rooms_is_drawn_from_the_imports():
    drawn = subprocess.run(
        [sys.executable, "-c", "from tools.architecture import picture; print(picture(), end='')"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert drawn.stdout == (ROOT / "tools" / "architecture.svg").read_text(encoding="utf-8"), "./run make architecture"
