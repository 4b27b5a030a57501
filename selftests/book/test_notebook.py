"""The notebook is what the chapters and the solutions make of it, and runs from top to bottom."""

import json

import nbformat
from nbclient import NotebookClient

from book.notebook import NOTEBOOK, text
from course.curriculum.steps import COURSE, ROOT


def test_the_notebook_is_up_to_date():
    assert NOTEBOOK.read_text(encoding="utf-8") == text(), "python -m book.notebook writes it anew"


def test_the_notebook_has_every_step_and_stands_on_no_solution():
    cells = json.loads(text())["cells"]
    prose = "".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
    assert [step for step in COURSE if f"# Step {step:02}: " not in prose] == []
    assert "{{#" not in prose
    solutions = ["".join(cell["source"]) for cell in cells if "".join(cell["source"]).startswith('"""Step ')]
    assert len(solutions) == len(COURSE)
    assert not any("from solutions" in code or "# TODO" in code for code in solutions)


def test_what_the_notebook_shows_is_there():
    notebook = nbformat.reads(text(), as_version=4)
    prose = "".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    for name in {part.split(")")[0].split("#")[0] for part in prose.split("](../")[1:]}:
        assert (ROOT / "book" / name).is_file(), name


def test_the_notebook_runs_from_top_to_bottom():
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    NotebookClient(notebook, timeout=120, resources={"metadata": {"path": NOTEBOOK.parent}}).execute()
    (printed,) = notebook.cells[-1].outputs
    assert printed.text.startswith("Once upon a time") and len(printed.text.split()) > 10
