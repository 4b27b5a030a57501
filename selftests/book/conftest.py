"""What the tests of the book share: a copy of it, and of what it speaks about, to be broken; the
book as a browser shows it."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from book.build import mdbook
from course.curriculum.files import copy_course
from selftests.browser import Visit


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    copy_course(tmp_path)
    return tmp_path


@pytest.fixture
def edit(copy: Path):
    """A function that replaces one piece of text in one file of the copy; it may stand there more than once."""

    def replace(name: str, old: str, new: str) -> None:
        text = (copy / name).read_text(encoding="utf-8")
        assert old in text, f"{old!r} is not in {name}"
        (copy / name).write_text(text.replace(old, new, 1), encoding="utf-8")

    return replace


@pytest.fixture(scope="session")
def html(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the book is built into."""
    folder = tmp_path_factory.mktemp("html")
    built = mdbook("build", "--dest-dir", str(folder), is_quiet=True)
    assert built.returncode == 0, built.stderr
    return folder


@pytest.fixture(scope="session")
def site(html: Path) -> Iterator[str]:
    """The address of the book on this machine."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, directory=html))
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()


class _Handler(SimpleHTTPRequestHandler):
    def log_message(self, *arguments: object) -> None:
        """Nothing: the tests say what is wrong."""


@pytest.fixture(scope="session")
def visit(open_page: Callable, site: str) -> Callable:
    """``with visit("step_14.html") as it``: a page of the book, by a reader who was never there before."""

    def visit(name: str, home: str = site, **how: object) -> AbstractContextManager[Visit]:
        return open_page(home, name, **how)

    return visit
