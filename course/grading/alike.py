"""What an instructor gets about submissions that are alike: the folder ``alike/``.

- ``pair-001.html`` and on: the statements that two submissions share, side by side; ``pairs.csv`` lists them.
- ``dolos/step_08.zip``, a data set of Dolos for each step: everybody's file, the skeleton as what it ignores.
- ``jplag/``, folders of JPlag: ``class``, ``earlier`` where there is any, and ``skeleton`` as base code.

People are named by their ids there, since these tools may show them elsewhere.
"""

import shutil
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from pathlib import Path

from course.curriculum.steps import read_source, solution_path
from course.curriculum.todos import skeleton
from course.grading import pages, sheets, similar
from course.grading.grade import file_name, source_text
from course.grading.gradebook import Row
from course.grading.joining import join
from course.grading.roster import Roster
from course.grading.similar import Pair
from course.grading.submissions import BadSubmission
from course.refusal import Refusal

FOLDER = "alike"
Sources = Mapping[str, Mapping[int, str]]  # by the submissions' names, and by step


def earlier(folders: Iterable[Path], scratch: Path, out: Path) -> tuple[dict[str, dict[int, str]], list[str]]:
    """The submissions of earlier years, by the folder's name and theirs; and what could not be read, and why.

    Raises:
        Refusal: there is no such folder, or nothing in it.
    """
    found: dict[str, dict[int, str]] = {}
    unread = []
    for folder in folders:
        if not folder.exists():
            raise Refusal("there is no such folder")
        for attempt in join([folder], Roster(()), scratch, out):
            name = f"{folder.name}/{attempt.name}" + (f" attempt {attempt.number}" if attempt.number > 1 else "")
            try:
                found[name] = {step: source_text(content) for step, content in attempt.read().items()}
            except BadSubmission as error:
                unread.append(f"{name}: {error}")
    return found, unread


def pairs(rows: Sequence[Row], former: Sources) -> list[Pair]:
    """Whose work is alike, leaving out members of a group, who handed in one work."""
    places: dict[Path, list[str]] = {}
    for row in rows:
        if row.place:
            places.setdefault(row.place, []).append(row.name)
    together = [frozenset(two) for names in places.values() for two in combinations(names, 2)]
    return similar.pairs({row.name: row.grade.sources for row in rows}, former, together)


def write(rows: Sequence[Row], found: Sequence[Pair], former: Sources, folder: Path) -> None:
    """Put all of it into a folder, in which nothing of an earlier run stays."""
    place = folder / FOLDER
    for name in ("dolos", "jplag"):
        shutil.rmtree(place / name, ignore_errors=True)
    place.mkdir(parents=True, exist_ok=True)
    for old in place.glob("pair-*.html"):
        old.unlink()
    titles = {row.name: row.title for row in rows}
    for number, pair in enumerate(found, 1):
        names = [titles.get(name, name) for name in (pair.one, pair.other)]
        (place / page_name(number)).write_text(pages.pair_page(pair, names), encoding="utf-8", errors="replace")
    header = ["one", "other", "alike", "steps", "page"]
    lines = [
        [each.one, each.other, _percent(each.similarity), _steps(each), page_name(n)] for n, each in enumerate(found, 1)
    ]
    (place / "pairs.csv").write_text(sheets.csv_text(header, lines), encoding="utf-8-sig", errors="replace")
    for step in sorted({step for row in rows for step in row.grade.sources}):
        _write_step(step, rows, former, place)


def page_name(number: int) -> str:
    return f"pair-{number:03}.html"


def _write_step(step: int, rows: Sequence[Row], former: Sources, place: Path) -> None:
    """One step, for both tools."""
    given = skeleton(read_source(solution_path(step)), step)[0]
    files = [(row.file, row.name, _time(row), row.grade.sources) for row in rows]
    own = [(file, name, "class", time, sources[step]) for file, name, time, sources in files if step in sources]
    old = [(file_name(name), name, "earlier", "", sources[step]) for name, sources in former.items() if step in sources]
    (place / "dolos").mkdir(exist_ok=True)
    with zipfile.ZipFile(place / "dolos" / f"step_{step:02}.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        header = ["filename", "full_name", "label", "created_at", "ignored"]
        info = [[f"{file}.py", name, label, time, ""] for file, name, label, time, _ in [*own, *old]]
        _add(archive, "info.csv", sheets.csv_text(header, [["skeleton.py", "", "", "", "true"], *info]))
        _add(archive, "skeleton.py", given)
        for file, _, _, _, text in [*own, *old]:
            _add(archive, f"{file}.py", text)
    texts = [(Path("skeleton"), given), *((Path(label) / file, text) for file, _, label, _, text in [*own, *old])]
    for name, text in texts:
        path = place / "jplag" / name / f"step_{step:02}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", errors="replace")


def _add(archive: zipfile.ZipFile, name: str, text: str) -> None:
    """Without the time of day, so that the same submissions give the same file."""
    archive.writestr(zipfile.ZipInfo(name), text.encode("utf-8", "replace"), zipfile.ZIP_DEFLATED)


def _time(row: Row) -> str:
    """When it came, as Dolos's documentation has it."""
    return f"{row.moment.time:%Y-%m-%d %H:%M:%S %z}" if row.moment and row.moment.time else ""


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def _steps(pair: Pair) -> str:
    return ", ".join(f"{step:02}: {_percent(share)}" for step, share in pair.steps.items())
