"""Commands for readers: book, build-book."""

import typer

from course.commands.app import CANNOT, app


@app.command("book")
def read_book() -> None:
    """Read the book in your browser, at http://localhost:3000. Ctrl-C ends it."""
    _mdbook("serve", "--open")


@app.command("build-book")
def build_book() -> None:
    """Build the book into book/html."""
    _mdbook("build")


def _mdbook(*arguments: str) -> None:
    from book.build import mdbook

    raise typer.Exit(mdbook(*arguments).returncode and CANNOT)
