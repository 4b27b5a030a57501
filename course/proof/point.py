"""A point of the proof that the course is whole."""

from dataclasses import dataclass

from course.terminal.console import plain, print_beside


@dataclass
class Point:
    """What one point of verify looked at, and what is wrong with it."""

    claim: str  # "14 skeletons equal what tools/skeletons.py makes"
    faults: list[str]

    @classmethod
    def about(cls, count: int, claim: str, faults: list[str]) -> "Point":
        """A point about so many things. That there are none is a fault."""
        return cls(f"{count} {claim}", faults if count or faults else ["found nothing to check"])


def show(point: Point) -> None:
    """Print one point."""
    if point.faults:
        print_beside("[red]✗[/] ", f"[bold]{plain(point.claim)}[/]")
    else:
        print_beside("[green]✓[/] ", plain(point.claim))
    for fault in point.faults:
        print_beside("    ", plain(fault))
