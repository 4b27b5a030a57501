"""verify finds no fault in the book, and names each one that is put into a copy."""

import pytest

from book import capture
from book import proof as check
from book.pages import Page, listed, read_pages
from book.proof import blocks, builds, contents, directives, lengths, line_ranges, links, names
from course.commands.words import words
from course.curriculum.steps import ROOT, STEPS
from course.curriculum.todos import read_todos
from course.refusal import Refusal

READING = (contents, directives, lengths, links, line_ranges)


def faults(root) -> dict[str, list[str]]:
    """The faults that reading the pages finds, by the point that finds them."""
    pages = read_pages(root)
    found = {point.__name__: point(root, pages).faults for point in READING}
    return {name: lines for name, lines in found.items() if lines}


def faults_of(point, text: str, name: str = "step_14.md") -> list[str]:
    """What one point finds in a page with this text."""
    return [fault.removeprefix(f"book/src/{name}, ") for fault in point(ROOT, [Page(name, text)]).faults]


def names_of(root, pages: list[Page]):
    """What is found of the names, with the commands of the course."""
    return names(root, pages, words())


def test_the_book_has_no_faults():
    assert faults(ROOT) == {}


def test_names_in_the_book_are_names():
    assert names_of(ROOT, read_pages(ROOT)).faults == []


def test_no_pages_are_a_fault(copy):
    for page in (copy / "book/src").glob("*.md"):
        page.unlink()
    assert all(each.faults for each in check.points(copy, words()))


def test_one_page_alone():
    claims = [point.claim for point in check.prove(words(), ["step_05"], lambda what: None)]
    assert len(claims) == 6 and "1 chapters of a readable length" in claims


def test_a_page_that_nobody_has_written():
    with pytest.raises(Refusal, match="no such page in book/src: step_50"):
        list(check.prove(words(), ["step_05", "step_50"], lambda what: None))


# Contents


def test_a_chapter_that_summary_does_not_list(copy, edit):
    edit("book/src/SUMMARY.md", "(step_05.md)", "()")
    assert faults(copy) == {
        "contents": [
            "book/src/SUMMARY.md does not list step_05.md",
            "book/src/step_05.md is in no chapter of SUMMARY.md",
        ]
    }


def test_a_page_that_is_gone(copy):
    (copy / "book/src/step_05.md").unlink()
    found = faults(copy)
    assert found["contents"] == ["book/src/SUMMARY.md lists step_05.md, which is not there"]
    assert all(fault.endswith("there is no page step_05.md") for fault in found["links"])


def test_an_orphan(copy):
    (copy / "book/src/notes.md").write_text("# Notes\n")
    assert faults(copy) == {"contents": ["book/src/notes.md is in no chapter of SUMMARY.md"]}


def test_an_empty_page(copy):
    (copy / "book/src/setup.md").write_text("\n")
    assert faults(copy)["contents"] == ["book/src/setup.md is empty"]


def test_a_chapter_with_another_title(copy, edit):
    edit("book/src/step_14.md", "# Step 14: text generation", "# Step 14: generation")
    assert faults(copy) == {"contents": ["book/src/step_14.md does not begin with '# Step 14: text generation'"]}


# Directives


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("steps/step_14.py}}", "steps/step_41.py}}"),
        ("{{#hints 5}}", "{{#hints 6}}"),
        ("{{#lines 5}}", "{{#lines 0}}"),
        ("{{#picture temperature}}", "{{#picture temprature}}"),
        ("{{#terminal s14-solved}}", "{{#terminal s14-sloved}}"),
        ("{{#mistakes}}", "{{#mistake}}"),
        (r"\frac", r"\farc"),
    ],
)
def test_what_stands_for_nothing(copy, edit, old, new):
    edit("book/src/step_14.md", old, new)
    found = faults(copy)
    assert list(found) == ["directives"]
    assert len(found["directives"]) == 1 and found["directives"][0].startswith("book/src/step_14.md: ")


@pytest.mark.parametrize(
    "name", ["pictures/generation-growth.svg", "terminal/s14-mistake.txt", "play/temperature-lab.json"]
)
def test_a_file_that_a_page_shows_is_gone(copy, name):
    (copy / "book" / name).unlink()
    assert name.split("/")[1] in "".join(faults(copy)["directives"])


def test_an_anchor_of_a_solution_that_is_gone(copy, edit):
    edit("book/src/step_14.md", "solution_14.py}}", "solution_14.py:todo_7}}")
    assert "step 14 has TODOs 1 to 5, not '7'" in faults(copy)["directives"][0]


# Lengths


def test_a_chapter_that_is_too_short_or_too_long():
    text = "# Title\n\n{{#picture x}} <b>word</b> [word](step_01.md)\n\n$$ a + b $$\n\n```python\nx = 1\n```\n\n"
    assert Page("step_14.md", text).words == 3
    assert faults_of(lengths, text) == ["book/src/step_14.md has 3 words, not 800 to 1,800"]
    assert faults_of(lengths, text + "word " * 797) == []
    assert faults_of(lengths, text + "word " * 1798) == ["book/src/step_14.md has 1,801 words, not 800 to 1,800"]


# Links


@pytest.mark.parametrize(
    ("link", "why"),
    [
        ("[x](step_40.md)", "there is no page step_40.md"),
        ("[x](step_13.md#nowhere)", "step_13.md has no heading #nowhere"),
        ("[x](#nowhere)", "step_14.md has no heading #nowhere"),
        ("![x](nothing.png)", "nothing.png is not there"),
        ('<a href="setup.html">x</a>', "setup.html is not there"),
        ("[x]()", "the link is empty"),
        ("[x](http://arxiv.org)", "http://arxiv.org is not an address that begins with https://"),
        ("[x](https://arxiv)", "https://arxiv is not an address that begins with https://"),
    ],
)
def test_a_dead_link(link, why):
    assert faults_of(links, f"a\n\n{link}\n") == [f"line 3: {why}"]


@pytest.mark.parametrize(
    "link", ["[x](step_13.md)", "[x](step_14.md#idea)", "[a [b]](#idea)", "[x](https://arxiv.org/abs/1)"]
)
def test_a_link_that_leads_somewhere(link, monkeypatch):
    page = Page("step_14.md", f"# Idea\n\n{link}\n")
    monkeypatch.setattr(check, "read_pages", lambda root: [page, Page("step_13.md", "")])
    assert links(ROOT, [page]).faults == []


def test_a_link_in_code_is_none():
    assert faults_of(links, "`[x](y)` and\n\n```md\n[x](y)\n```\n") == ["found nothing to check"]


# Line ranges


@pytest.mark.parametrize(
    "written", ["(Lines 13-17)", "TODO 2, lines 32–37", "3. **Sample** (Lines 42-54)", "line 57", "lines 77 to 94"]
)
def test_lines_that_are_true(written):
    assert faults_of(line_ranges, written) == []


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("(Lines 13-18)", "'Lines 13-18' is not true: TODO 1 has 13–17, TODO 2 has 32–37, TODO 3 has 42–54"),
        ("TODO 2, lines 13–17", "'lines 13–17' is not true: TODO 2 has 32–37"),
        ("5. **Loop** (Lines 42-54)", "'Lines 42-54' is not true: TODO 5 has 77–94"),
        ("look at line 3", "'line 3' is not true"),
    ],
)
def test_lines_that_are_not_true(written, why):
    assert len(found := faults_of(line_ranges, f"a\n{written}\n")) == 1 and found[0].startswith(f"line 2: {why}")


def test_lines_that_a_change_of_the_solution_made_untrue(copy, edit):
    page = Page("step_14.md", "TODO 2: lines 32-37")
    assert line_ranges(copy, [page]).faults == []
    edit("solutions/solution_14.py", "# TODO 2: score", "# A line more.\n    # TODO 2: score")
    assert line_ranges(copy, [page]).faults == [
        "book/src/step_14.md, line 1: 'lines 32-37' is not true: TODO 2 has 33–38"
    ]


def test_lines_on_a_page_that_is_about_no_step():
    assert faults_of(line_ranges, "lines 3-4", "setup.md")[0].startswith("line 1: 'lines 3-4' is about no step")


# Names


KNOWN = """
    GPT2Config | n_embd | logits[0, -1, :] | [batch, seq_length] | x.transpose(1, 2) | h.0.attn.c_attn.weight
    F.softmax | F.top_k | F.gelu(x, approximate="tanh") | max.experimental | max.nn.kernels | Tensor(value, dtype=...)
    np.from_dlpack(probs.to(CPU())) | float32 | -inf | 1e-05 | T | ValueError | COURSE_DEVICE
    ./run s14 | pixi run check 3 | ./run generate --mine | --temperature
    steps/step_NN.py | step_14.py | solutions/ | gpt2/loading.py | requirements.lock
"""
UNKNOWN = {
    "GPT3Config": "GPT3Config",
    "F.sotfmax(x)": "F.sotfmax",
    "np.random.chioce": "np.random.chioce",
    "Tensor.zeroes([2])": "Tensor.zeroes",
    "max.nn.kernles": "max.nn.kernles",
    "n_embed / n_head": "n_embed",
    "model.wtee": "model.wtee",
    "./run chekc 3": "chekc",
    "./run check 3 --form x": "--form",
    "--tempertaure": "--tempertaure",
    "./run check 3 --folder x": "--folder",
    "--as-json": "--as-json",
    "solutions/solution_40.py": "solutions/solution_40.py",
    "modle.py": "modle.py",
}


def test_names_of_the_course_of_max_of_numpy_of_commands_and_files():
    known = [name.strip() for line in KNOWN.strip().splitlines() for name in line.split("|")]
    assert len(known) == 28 and faults_of(names_of, "".join(f"`{name}`\n" for name in known)) == []


def test_names_of_nothing():
    found = faults_of(names_of, "".join(f"`{name}`\n" for name in UNKNOWN))
    assert found == [
        f"line {line}: {name!r} in `{span}` is no name" for line, (span, name) in enumerate(UNKNOWN.items(), start=1)
    ]


def test_names_that_the_page_itself_defines():
    assert faults_of(names_of, "`my_helper`\n\n```python\ndef my_helper(): ...\n```\n") == []


def test_a_name_that_has_been_renamed_in_the_code(copy):
    page = Page("step_02.md", "`causal_mask` and `n_embd`")
    assert names_of(copy, [page]).faults == []
    for path in [path for folder in ("course", "gpt2", "solutions", "tests") for path in (copy / folder).rglob("*.py")]:
        path.write_text(path.read_text(encoding="utf-8").replace("causal_mask", "triangle"), encoding="utf-8")
    from book.names import _known

    _known.cache_clear()
    assert names_of(copy, [page]).faults == ["book/src/step_02.md, line 1: 'causal_mask' in `causal_mask` is no name"]


# Blocks of Python


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("x = 1\ny = z", "line 3: NameError: name 'z' is not defined"),
        ("assert 1 + 1 == 3", "line 2: AssertionError: "),
        ("x = (", "line 2: SyntaxError: '(' was never closed"),
        ("raise SystemExit(2)", "line 2: SystemExit: 2"),
    ],
)
def test_a_block_that_fails(code, why):
    assert faults_of(blocks, f"```python\n{code}\n```\n") == [why]


def test_a_block_that_prints_something_else():
    text = "```python\nprint(1 + 1)\n```\n\n```text\n3\n```\n"
    assert faults_of(blocks, text) == ["line 1: it prints '2', not '3'"]


def test_blocks_that_run():
    first = "```python\nprint(x := 1 + 1)\n```\n\n```text\n2\n```\n\nprose\n\n"
    text = f"{first}```python\nassert x == 2\n```\n\nmore\n\n```text\nno output\n```\n"
    assert faults_of(blocks, text) == []


def test_included_code_and_other_languages_are_not_run():
    included = "```python\n{{#include ../../steps/step_14.py}}\n```\n\n```sh\nexit 1\n```\n"
    assert blocks(ROOT, [Page("a.md", included)]).faults == ["found nothing to check"]


def test_pages_do_not_see_each_other_s_names():
    pages = [Page("a.md", "```python\nx = 1\n```\n"), Page("b.md", "```python\nx\n```\n")]
    assert blocks(ROOT, pages).faults == ["book/src/b.md, line 2: NameError: name 'x' is not defined"]


# Building


def test_a_page_that_mdbook_leaves_out(copy, edit):
    edit("book/src/SUMMARY.md", "---", "# After that")  # a part has numbered chapters only
    assert "where_next.md is not built" in builds(copy).faults


def test_html_that_is_not_closed_and_a_page_that_is_too_large(copy, edit, monkeypatch):
    edit("book/src/setup.md", "## Fetch it", "<details>\n\n## Fetch it")
    monkeypatch.setattr(check, "LARGEST", 50_000)
    found = builds(copy).faults
    assert any("unclosed HTML tag `<details>` found in `setup.md`" in fault for fault in found)
    assert any(fault.startswith("step_14.html has ") for fault in found)
    assert not any(fault.startswith("setup.html has ") for fault in found)


def test_links_of_the_built_book_are_the_anchors_that_the_check_knows(tmp_path):
    from book.build import mdbook

    assert mdbook("build", "--dest-dir", str(tmp_path), is_quiet=True).returncode == 0
    for page in read_pages(ROOT):
        html = (tmp_path / page.name.replace(".md", ".html")).read_text(encoding="utf-8")
        assert [anchor for anchor in page.anchors if f'id="{anchor}"' not in html] == []


# Terminals


@pytest.fixture
def recorded(tmp_path, monkeypatch):
    """Two recordings in place of the book's, and a function that compares them with what is printed now."""
    monkeypatch.setattr(capture, "TERMINAL", tmp_path)
    monkeypatch.setattr(capture, "capture", lambda: iter([("a", "./run a", "yes\n"), ("b", "./run b", "no\n")]))

    def run(*arguments: str) -> None:
        monkeypatch.setattr("sys.argv", ["capture", *arguments])
        capture.main()

    run()
    return run


def test_recordings_that_are_current(recorded, tmp_path, capsys):
    capsys.readouterr()
    recorded("--verify")
    assert capsys.readouterr().out == ""
    assert (tmp_path / "a.txt").read_text() == "./run a\n\nyes\n"


def test_recordings_that_are_not(recorded, tmp_path, capsys):
    capsys.readouterr()
    (tmp_path / "a.txt").write_text("./run a\n\nmaybe\n")
    (tmp_path / "b.txt").unlink()
    (tmp_path / "c.txt").write_text("./run c\n\n?\n")
    recorded("--verify")
    assert capsys.readouterr().out.splitlines() == [
        "book/terminal/a.txt is out of date; python -m book.capture records it anew",
        "book/terminal/b.txt is out of date; python -m book.capture records it anew",
        "book/terminal/c.txt is recorded by nothing",
    ]
    assert (tmp_path / "a.txt").read_text() == "./run a\n\nmaybe\n"
    recorded()
    assert sorted(path.name for path in tmp_path.glob("*.txt")) == ["a.txt", "b.txt"]


@pytest.mark.parametrize("step", STEPS)
def test_the_mistake_that_a_chapter_shows_can_be_made(step):
    assert capture.mistaken(step) != capture._solved(step)
    assert all("\n".join(todo.code) in capture._solved(step) for todo in read_todos(step))


def test_summary_lists_the_steps_in_their_order():
    names = listed(ROOT)
    assert names[:2] == ["introduction.md", "setup.md"]
    assert [name for name in names if name.startswith("step_")] == [f"step_{step:02}.md" for step in STEPS]
