"""A real browser for tests of pages: fixtures that the conftest beside it imports."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser, Page, Route, sync_playwright

# Without the sandbox, which a container has no rights for; and nothing that Chromium would fetch by itself.
FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
)

SLOWEST = 120_000  # ms that anything in a page may take, on a machine that does much else


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
def open_page(browser: Browser) -> Callable:
    """``with open_page(home, name) as it``: a page under an address, by a reader who was never there before."""

    @contextmanager
    def open_page(home: str, name: str, width: int = 1280, **context: object) -> Iterator[Visit]:
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
