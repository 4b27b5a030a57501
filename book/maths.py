"""Formulas, from LaTeX to MathML, which browsers show without any script."""

import re

from latex2mathml.converter import convert

from book.markdown import outside_spans

_BLOCK = re.compile(r"^([ \t]*)\$\$(.+?)\$\$[ \t]*$", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"(?<![\\$])\$(?!\$)([^$\n]+(?:\n[^$\n]+)?)\$(?!\$)")
_UNKNOWN = re.compile(r"<mi>(\\\w+)</mi>")  # a command that latex2mathml hands through
# What latex2mathml takes for an operator between two terms, with its spaces: infinity, and the minus of "(-x".
_INFINITY = "<mo>&#x0221E;</mo>"
_MINUS = re.compile(r"((?:&#x0003D;|&#x00028;)</mo>)<mo>(?=&#x02212;)")
_MARKDOWN = {ord(character): f"&#{ord(character)};" for character in "\\`*_[]$"}


def to_mathml(prose: str, faults: list[str]) -> str:
    """Prose with ``$$...$$`` on lines of its own, and ``$...$`` in a line, as MathML."""

    def change(text: str) -> str:
        text = _BLOCK.sub(lambda match: f'{match[1]}<div class="formula">{formula(match[2], "block")}</div>', text)
        return _INLINE.sub(lambda match: formula(match[1], "inline"), text)

    def formula(latex: str, display: str) -> str:
        latex = " ".join(latex.split())
        try:
            mathml = convert(latex, display=display)
            if unknown := _UNKNOWN.search(mathml):
                raise ValueError(f"{unknown[1]} is unknown")
        except Exception as error:  # latex2mathml's own have no base class
            faults.append(f"${latex}$ is no formula: {type(error).__name__} {error}".rstrip())
            return f"<code>{latex}</code>"
        mathml = _MINUS.sub(r'\1<mo form="prefix">', mathml.replace(_INFINITY, "<mi>&#x0221E;</mi>"))
        # To Markdown this is text between tags: nothing in it may look like its punctuation.
        return " ".join(mathml.split("\n")).translate(_MARKDOWN)

    return outside_spans(prose, change)
