"""Makes book/notebook/gpt2.ipynb, the course in one notebook, from the chapters and the solutions.

    python -m book.notebook

Of each chapter it has the beginning, the picture and the idea with its code, then the skeleton in a cell that
checks what is written into it, and the solution, folded. Every class is defined in the notebook itself, and in the
end they tell a story. All cells have been run.
"""

import re
from collections.abc import Iterator

import nbformat
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from book.directives import DIRECTIVE, clean
from book.pages import Page, read_pages
from course.curriculum.steps import COURSE, ROOT, solution_path
from course.curriculum.todos import skeleton

NOTEBOOK = ROOT / "book" / "notebook" / "gpt2.ipynb"

# What a page says of the parts to play with that it has, and a notebook has not.
_PAGE_ONLY = re.compile(r"<!-- page -->.*?<!-- /page -->", re.DOTALL)

BEGINNING = """# GPT-2 in fourteen steps

This is the course in one notebook: the idea of every chapter, and for every step a cell to fill in, its checks and \
the solution. [The book](../src/introduction.md) has the hints, the quizzes and the pages to play with; `./run \
book` opens it.

`./run notebook` opens it in JupyterLab, as a copy of your own: `book/notebook/mine.ipynb`. Other notebook \
programs, such as VS Code, will do as well: let `./run notebook --help` install what it needs, and choose the Python \
in `.venv` as the kernel. The first cell finds the course and sets MAX up. What you write into a cell that begins with \
`%%step` is checked when you run the cell. The rest of the notebook goes on with the solutions.

`book/notebook.py` wrote this file from the book: to change it, change the book."""

SETUP = """import os
import sys
from pathlib import Path

folders = [Path.cwd(), *Path.cwd().parents]
os.chdir(next(folder for folder in folders if (folder / "solutions").is_dir()))
sys.path.insert(0, os.getcwd())

from course import runtime

device = runtime.start()  # before anything else imports MAX
%load_ext book.cells"""

YOUR_TURN = """## Your turn

Replace the TODOs, and run the cell: it says what is right, what is not, and what to do next."""

END = """# The model tells a story

All of the classes above, with the weights of the small model that comes with the course. Run the last cell again for \
another story."""

STORY = """from course.runtime.gather import gathered
from gpt2.checkpoint import open_checkpoint, weights_of
from gpt2.tokenizer import load_tokenizer

checkpoint = open_checkpoint("models/storyteller")
tokenizer = load_tokenizer(checkpoint.folder, checkpoint.config.vocab_size)
with F.lazy():  # the random numbers that the weights replace are never drawn
    model = GPT2LMHeadModel(checkpoint.config).to(device)
model.load_state_dict(weights_of(checkpoint))

prompt = Tensor(np.array([tokenizer.encode("Once upon a time").ids]), device=device)
with gathered():  # operations that run together, for speed
    story = generate_tokens(model, prompt, max_new_tokens=20, temperature=0.8)
    ids = np.from_dlpack(story.to(CPU()))[0].tolist()
print(tokenizer.decode(ids))"""


def notebook() -> nbformat.NotebookNode:
    """The notebook, with no cell run."""
    pages = {page.step: page for page in read_pages(ROOT)}
    cells = [new_markdown_cell(BEGINNING), new_code_cell(SETUP)]
    for step in COURSE:
        cells += _idea(pages[step])
        cells += [new_markdown_cell(YOUR_TURN), new_code_cell(f"%%step {step}\n{_skeleton(step)}")]
        folded = {"jupyter": {"source_hidden": True}, "tags": ["hide-input"]}
        cells += [new_markdown_cell("## The solution"), new_code_cell(_solution(step), metadata=folded)]
    cells += [new_markdown_cell(END), new_code_cell(STORY)]
    for number, cell in enumerate(cells):
        cell["id"] = f"cell-{number}"  # nbformat's own are random
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return new_notebook(cells=cells, metadata={"kernelspec": kernel})


def run() -> nbformat.NotebookNode:
    """The notebook with all its cells run, and what they printed."""
    made = notebook()
    NotebookClient(made, timeout=600, resources={"metadata": {"path": NOTEBOOK.parent}}).execute()
    for cell in made.cells:
        cell.metadata.pop("execution", None)  # when each was run
        for output in cell.get("outputs", []):
            if output.get("text"):
                output["text"] = re.sub(r" \(\d+\.\d s\)", "", output["text"]).replace(str(ROOT), ".")
    return made


def _idea(page: Page) -> Iterator[nbformat.NotebookNode]:
    """A chapter from its title to the end of its idea, its code in cells of code."""
    prose = ""
    wanted = Page(page.name, page.text.split("\n## Predict before you code")[0])
    for part in wanted.parts:
        if part.info == "python":
            yield from _markdown(prose)
            prose = ""
            yield new_code_cell(part.code.rstrip())
        elif part.info != "text":  # that is what the code prints
            prose += part.text
    yield from _markdown(prose)


def _markdown(prose: str) -> Iterator[nbformat.NotebookNode]:
    prose = _PAGE_ONLY.sub("", prose)
    prose = DIRECTIVE.sub(lambda match: _shown(match[2], match[3].strip()), prose)
    prose = re.sub(r"\]\((\w+\.md)", r"](../src/\1", prose)
    prose = re.sub(r"\n{3,}", "\n\n", prose).strip()
    if prose:
        yield new_markdown_cell(prose)


def _shown(directive: str, argument: str) -> str:
    """A picture as a file; what needs the book's own pages is left out."""
    return f"![{argument}](../pictures/{argument}.svg)" if directive == "picture" else ""


def _solution(step: int) -> str:
    """A solution's code. What it imports of earlier steps is in the notebook already."""
    code = clean(solution_path(step).read_text(encoding="utf-8"))
    return re.sub(r"^from solutions\.\w+ import .*\n", "", code, flags=re.MULTILINE).strip()


def _skeleton(step: int) -> str:
    return skeleton(solution_path(step).read_text(encoding="utf-8"), step)[0].rstrip("\n")


def main() -> None:
    NOTEBOOK.parent.mkdir(exist_ok=True)
    NOTEBOOK.write_text(nbformat.writes(run()) + "\n", encoding="utf-8")
    print(f"{NOTEBOOK.relative_to(ROOT)} written")


if __name__ == "__main__":
    main()
