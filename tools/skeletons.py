"""Writes steps/step_NN.py: the solutions with their TODO blocks emptied.

Run it from the repository's root after every change to a solution:

    python -m tools.skeletons

A step that it changes may be somebody's work, so what stood there is kept under .course/.
"""

from datetime import datetime

from course.curriculum.steps import ROOT, STEPS, solution_path, step_path
from course.curriculum.todos import skeleton


def main() -> None:
    kept = ROOT / ".course" / f"steps-{datetime.now():%Y%m%d-%H%M%S}"
    for step in STEPS:
        path = step_path(step)
        new, _ = skeleton(solution_path(step).read_text(encoding="utf-8"), step)
        old = path.read_bytes() if path.exists() else b""
        if old == new.encode():
            continue
        if old:
            kept.mkdir(parents=True, exist_ok=True)
            (kept / path.name).write_bytes(old)
            print(f"{path.relative_to(ROOT)}: what stood there is now {kept.relative_to(ROOT) / path.name}")
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(new.encode())
        print(f"{path.relative_to(ROOT)} written")


if __name__ == "__main__":
    main()
