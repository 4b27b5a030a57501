"""Commands for readers: book, notebook, build-book."""

from typing import Annotated

import typer

from course.commands.app import CANNOT, app


@app.command("book")
def read_book() -> None:
    """Read the book in your browser, at http://localhost:3000. Ctrl-C ends it."""
    _mdbook("serve", "--open")


@app.command("notebook")
def read_notebook(
    port: Annotated[int, typer.Option(min=1, max=65535, metavar="N", help="Where its server listens.")] = 8888,
) -> None:
    """Work through the course as a notebook in your browser, in JupyterLab. Ctrl-C ends it."""
    from book.jupyter import open_notebook

    open_notebook(port)


@app.command("build-book")
def build_book() -> None:
    """Build the book into book/html."""
    _mdbook("build")


def _mdbook(*arguments: str) -> None:
    from book.build import mdbook

    raise typer.Exit(mdbook(*arguments).returncode and CANNOT)
