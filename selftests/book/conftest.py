"""What the tests of the book share: a copy of it, and of what it speaks about, to be broken; the
book as a browser shows it."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from playwright.sync_api import Browser, Page, Route, sync_playwright

from book.build import mdbook
from course.curriculum.files import copy_course

# Without the sandbox, which a container has no rights for; and nothing that Chromium would fetch by itself.
FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
)

SLOWEST = 120_000  # ms that anything in a page may take, on a machine that does much else


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
def browser() -> Iterator[Browser]:
    chromium = shutil.which("chromium")
    if not chromium:
        pytest.skip("there is no chromium on this machine (apt-get install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS.split())
        yield browser
        browser.close()


@dataclass
class Visit:
    """A page in the browser, the errors in its console, and what it wanted from elsewhere and did not get."""

    page: Page
    errors: list[str] = field(default_factory=list)
    strangers: list[str] = field(default_factory=list)


@pytest.fixture(scope="session")
def visit(browser: Browser, site: str) -> Callable:
    """``with visit("step_14.html") as it``: a page of the book, by a reader who was never there before."""

    @contextmanager
    def open_page(name: str, home: str = site, width: int = 1280, **context: object) -> Iterator[Visit]:
        opened = browser.new_context(viewport={"width": width, "height": 900}, **context)
        opened.set_default_timeout(SLOWEST)
        it = Visit(opened.new_page())

        def gate(route: Route) -> None:
            if route.request.url.startswith((home, "data:")):
                route.continue_()
            else:
                it.strangers.append(route.request.url)
                route.abort()

        opened.route("**/*", gate)
        it.page.on("console", lambda message: message.type == "error" and it.errors.append(message.text))
        it.page.on("pageerror", lambda error: it.errors.append(str(error)))
        it.page.goto(home + name)
        yield it
        opened.close()

    return open_page
