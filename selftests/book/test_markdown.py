"""Pages are cut into prose and fenced blocks, and their formulas become MathML."""

import pytest

from book.markdown import parts, spans, without_spans
from book.maths import to_mathml
from book.pages import Page

PAGE = """# Title

Prose with `code`.

```python
x = "`"
```

<details>

  ~~~text
  ```
  ~~~

</details>
"""


def test_parts_put_together_are_the_page():
    assert "".join(part.text for part in parts(PAGE)) == PAGE


def test_fenced_blocks_know_their_line_and_their_code():
    blocks = [(part.info, part.line, part.code) for part in parts(PAGE) if part.info is not None]
    assert blocks == [("python", 5, 'x = "`"\n'), ("text", 11, "  ```\n")]


def test_a_fence_that_is_never_closed_takes_the_rest():
    assert [part.info for part in parts("a\n```sh\nb\n")] == [None, "sh"]


def test_spans_of_code_and_what_is_between_them():
    prose = "`a` and ``b ` c`` and\n`d\ne`, <!-- `f` -->"
    assert [span for _, span in spans(prose)] == ["a", "b ` c", "d e"]
    blank = without_spans(prose)
    assert "".join(blank.split()) == "andand," and len(blank) == len(prose) and blank.count("\n") == 2


@pytest.mark.parametrize("latex", [r"\frac{e^{z_i/T}}{\sum_j e^{z_j/T}}", r"\operatorname{softmax}(x)", r"\sqrt{d_k}"])
def test_formulas_are_mathml(latex):
    faults: list[str] = []
    inline = to_mathml(f"so ${latex}$ is", faults)
    block = to_mathml(f"so\n\n$$\n{latex}\n$$\n", faults)
    assert faults == []
    assert inline.startswith("so <math") and 'display="inline"' in inline and "$" not in inline
    assert '\n<div class="formula"><math' in block and 'display="block"' in block and "$" not in block


def test_a_sign_is_not_a_difference_and_infinity_no_operator():
    minus = "&#x02212;</mo>"
    assert f'<mo form="prefix">{minus}<mi>&#x0221E;</mi>' in to_mathml(r"$M = -\infty$", [])
    assert f'<mo form="prefix">{minus}<mi>ln' in to_mathml(r"$-\ln(-\ln(u))$", [])
    assert f"<mo>{minus}" in to_mathml("$a - b$", [])


def test_nothing_in_a_formula_is_markdown():
    assert not set("*_[]`\\") & set(to_mathml(r"$a * b_1 \cdot [c]$", []))


def test_dollars_in_code_and_escaped_ones_are_no_formulas():
    prose = r"`$x$` costs \$5 and \$6"
    assert to_mathml(prose, []) == prose


@pytest.mark.parametrize("latex", [r"\left( x", r"\sotfmax x", "x_1_2"])
def test_what_is_no_formula_is_a_fault(latex):
    faults: list[str] = []
    assert "<code>" in to_mathml(f"${latex}$", faults)
    assert len(faults) == 1 and faults[0].startswith(f"${latex}$ is no formula: ")


def test_headings_have_the_anchors_that_mdbook_gives_them():
    page = Page("a.md", "# Step 02: it's a *test*\n\n## The idea\n\n## The idea\n\n## x {#given}\n\n<a id='own'></a>\n")
    assert page.anchors == {"step-02-its-a-test", "the-idea", "the-idea-1", "given", "own"}
