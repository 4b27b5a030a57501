"""Makes the picture in README.md: a wrong answer to step 08 in a terminal of 80 columns.

    python -m tools.screenshot

The answer is the one that the chapter shows; what is seen is what the command prints.
"""

import io
import re
import tempfile
from pathlib import Path

from rich.console import CONSOLE_SVG_FORMAT, Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

from book.capture import Copy, mistaken
from course.curriculum.steps import ROOT

PICTURE = ROOT / "tools" / "screenshot.svg"
STEP = 8

# Rich's frame, with the reader's own font in place of one from another site.
FRAME = re.sub(r"@font-face \{\{.*?\}\}\s*", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL).replace(
    "Fira Code, monospace", "ui-monospace, Menlo, Consolas, DejaVu Sans Mono, monospace"
)


def picture() -> str:
    """The picture, as SVG; the same each time."""
    command = f"s{STEP:02}"
    with tempfile.TemporaryDirectory() as folder:
        course = Copy(Path(folder))
        course.write({STEP: mistaken(STEP)})
        printed = course.run(command)
    console = Console(record=True, file=io.StringIO(), width=80, color_system="256", highlight=False)
    console.print(f"[dim]$[/] ./run {command}\n")
    console.print(Text.from_ansi(printed))
    svg = console.export_svg(title="", theme=MONOKAI, code_format=FRAME, unique_id="check")
    return "\n".join(line.rstrip() for line in svg.splitlines()) + "\n"


if __name__ == "__main__":
    PICTURE.write_text(picture(), encoding="utf-8")
