"""The notebook is what the chapters and the solutions make of it, has been run, and runs from top to bottom."""

import re

import nbformat
import pytest
from nbclient import NotebookClient

from book.cells import check
from book.notebook import NOTEBOOK, notebook
from course.curriculum.steps import COURSE, ROOT

MADE = notebook()
STORED = nbformat.read(NOTEBOOK, as_version=4)
PROSE = "".join(cell.source for cell in MADE.cells if cell.cell_type == "markdown")


def test_the_notebook_is_up_to_date():
    made, stored = ([(cell.id, cell.cell_type, cell.source) for cell in each.cells] for each in (MADE, STORED))
    assert stored == made, "python -m book.notebook writes it anew"


def test_the_notebook_has_been_run():
    code = [cell for cell in STORED.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    tried = [cell for cell in code if cell.source.startswith("%%step ")]
    assert all("still to do" in cell.outputs[0].text for cell in tried)
    assert code[-1].outputs[0].text.startswith("Once upon a time")


def test_the_notebook_has_every_step_and_stands_on_no_solution():
    assert [step for step in COURSE if f"# Step {step:02}: " not in PROSE] == []
    solutions = [cell.source for cell in MADE.cells if cell.source.startswith('"""Step ')]
    assert len(solutions) == len(COURSE)
    assert not any("from solutions" in code or "# TODO" in code for code in solutions)
    assert sum(cell.source.startswith("%%step ") for cell in MADE.cells) == len(COURSE)


def test_no_leftovers_of_the_pages():
    assert "{{#" not in PROSE and "<!--" not in PROSE
    assert not any(words in PROSE for words in ("Slide the temperature", 'Choose "he"', "step through it"))


@pytest.mark.parametrize("step", COURSE)
def test_a_page_marks_the_parts_to_play_with_and_what_leads_to_them(step):
    page = (ROOT / f"book/src/step_{step:02}.md").read_text(encoding="utf-8")
    assert re.findall(r"\{\{#(?:live|play) .*", re.sub(r"(?s)<!-- page -->.*?<!-- /page -->", "", page)) == []


def test_what_the_notebook_shows_is_there():
    for name in {part.split(")")[0].split("#")[0] for part in PROSE.split("](../")[1:]}:
        assert (ROOT / "book" / name).is_file(), name


def test_a_cell_is_checked_by_its_number(tmp_path):
    assert "Step 01 is done" in check("1", (ROOT / "solutions/solution_01.py").read_text(encoding="utf-8"), tmp_path)
    with pytest.raises(ValueError, match="%%step x: expected a step's number"):
        check("x", "", tmp_path)


def test_the_notebook_runs_from_top_to_bottom():
    NotebookClient(MADE, timeout=600, resources={"metadata": {"path": NOTEBOOK.parent}}).execute()
    (printed,) = MADE.cells[-1].outputs
    assert printed.text.startswith("Once upon a time") and len(printed.text.split()) > 10
