"""How fast the story model is in a reader's browser: ``python -m benchmarks.browser``.

It opens the playground from files in headless Chromium, as the tests do, and says the best of several runs: tokens a
second as the page itself writes them, the time from a key to the new text's answers, and the longest task on the main
thread, in processor time, with which the page can answer nothing else.
"""

import json
import shutil
import subprocess
import sys

from playwright.sync_api import Browser, Page, sync_playwright

from course.curriculum.steps import ROOT
from course.refusal import Refusal

FLAGS = ("--no-sandbox", "--disable-gpu")
RUNS = 5
TEXTS = ("Once upon a time", "A little fox named Pip lost his way, and he was afraid of the dark." * 5)

# Types one more sign into the field, and waits until the last of the parts has been drawn anew.
ANSWER = """async () => {
    const field = document.querySelector("#playground-text");
    const table = document.querySelector("[data-play=playground] .play-table tbody");
    const drawn = new Promise((resolve) => new MutationObserver(resolve).observe(table, { childList: true }));
    const start = performance.now();
    field.value += "x";
    field.dispatchEvent(new Event("input"));
    await drawn;
    return performance.now() - start;
}"""


def speeds(page: Page) -> list[int]:
    """Tokens a second, as the page says them, of several texts."""
    found = []
    for run in range(RUNS):
        page.get_by_label("Text", exact=True).fill(f"<|endoftext|>Once upon a time, number {run}")
        page.get_by_text("tokens, read in").wait_for()
        page.get_by_role("button", name="Write").click()
        said = page.get_by_text("tokens written").inner_text()
        found.append(int(said.split(" written, ")[1].split()[0]))
    return found


def answers(page: Page, text: str) -> list[float]:
    """Milliseconds from a key at the end of a text to the new answers."""
    page.get_by_label("Text", exact=True).fill(text)
    page.get_by_text("tokens, read in").wait_for()
    page.wait_for_timeout(1000)
    return [page.evaluate(ANSWER) for _ in range(RUNS)]


def longest_task(browser: Browser, page: Page) -> float:
    """Milliseconds of the main thread's longest task while the model is loaded and writes."""
    browser.start_tracing(page=page, categories=["toplevel"])
    page.get_by_role("button", name="Wake the model").click()
    page.locator(".play-tokens button").first.wait_for()
    page.get_by_role("button", name="Write").click()
    page.get_by_text("tokens written").wait_for()
    events = json.loads(browser.stop_tracing())["traceEvents"]
    names = {(e["pid"], e["tid"]): e["args"]["name"] for e in events if e["name"] == "thread_name"}
    on_main = [e for e in events if names.get((e["pid"], e["tid"])) == "CrRendererMain"]
    return max(e["tdur"] / 1000 for e in on_main if e["name"].endswith("RunTask") and "tdur" in e)


def main() -> None:
    chromium = shutil.which("chromium")
    if not chromium:
        raise Refusal("there is no chromium on this machine (apt-get install chromium)")
    subprocess.run([sys.executable, "-m", "course", "build-book"], cwd=ROOT, check=True, capture_output=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        page = browser.new_page()
        page.goto((ROOT / "book/html/playground.html").as_uri())
        print(f"longest task on the main thread  {longest_task(browser, page):6.0f} ms")
        print(f"writing                          {max(speeds(page)):6} tokens/s")
        for text in TEXTS:
            print(f"answer to a key, {len(text):4} characters  {min(answers(page, text)):6.0f} ms")
        browser.close()


if __name__ == "__main__":
    main()
