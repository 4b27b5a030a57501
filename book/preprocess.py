"""The preprocessor that mdBook calls: its pages come in as JSON, and go out with their directives replaced."""

import json
import sys
from collections.abc import Iterator
from typing import Any

from book.directives import expand


def main() -> None:
    if sys.argv[1:2] == ["supports"]:  # mdBook asks for each kind of output
        sys.exit(0 if sys.argv[2:] == ["html"] else 1)
    _, book = json.load(sys.stdin)
    for chapter in _chapters(book["items"]):
        chapter["content"], faults = expand(chapter["content"], chapter["path"])
        for fault in faults:
            print(f"{chapter['path']}: {fault}", file=sys.stderr)
    json.dump(book, sys.stdout)


def _chapters(items: list[Any]) -> Iterator[dict[str, Any]]:
    """The chapters that have a page; "Separator" and part titles have none."""
    for item in items:
        if isinstance(item, dict) and (chapter := item.get("Chapter")):
            if chapter["path"]:
                yield chapter
            yield from _chapters(chapter["sub_items"])


if __name__ == "__main__":
    main()
