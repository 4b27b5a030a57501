"""The autograder of an assignment in Classroom 50: CLASSROOM/autograders/ASSIGNMENT/autograder.py.

It runs in the student's checkout, and leaves result.json and release-body.md there. Name your copy of the course in
COURSE, or put it beside this file, in the folder course.
"""

import json
import os
import subprocess
import tempfile
from datetime import datetime, timezone
from pathlib import Path

COURSE = os.environ.get("COURSE", "https://github.com/OWNER/COURSE")


def main() -> None:
    scratch = Path(tempfile.mkdtemp())
    course = Path(__file__).resolve().parent / "course"
    if not course.is_dir():
        course = scratch / "course"
        subprocess.run(["git", "clone", "--quiet", "--depth", "1", COURSE, str(course)], check=True)
    out = scratch / "grades"
    subprocess.run(["sh", str(course / "course/grading/plugins/grade_one"), ".", str(out)], check=True)
    (found,) = (json.loads(path.read_text(encoding="utf-8")) for path in (out / "classroom50").glob("*.json"))
    (report,) = (path.read_text(encoding="utf-8") for path in (out / "pages").glob("*.md"))
    note = (out / "note").read_text(encoding="utf-8")
    result = {
        "schema": "classroom50/result/v1",
        "classroom": os.environ["CLASSROOM"],
        "assignment": os.environ["ASSIGNMENT"],
        "assignment_type": os.environ.get("ASSIGNMENT_TYPE") or "individual",
        "owner": os.environ.get("OWNER") or os.environ.get("USERNAME", ""),
        "submission": os.environ["SUBMISSION_TAG"],
        "commit": os.environ["COMMIT_URL"],
        "release": os.environ["RELEASE_URL"],
        "review": os.environ.get("REVIEW_URL") or os.environ["COMMIT_URL"],
        "datetime": _committed() or _utc(datetime.now(timezone.utc)),
        **found,
    }
    Path("result.json").write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    Path("release-body.md").write_text("\n".join(filter(None, [note, report])), encoding="utf-8")


def _committed() -> str:
    """When the graded commit was made, which is when it was handed in."""
    command = ["git", "show", "--no-patch", "--no-show-signature", "--format=%ct", "HEAD"]
    ran = subprocess.run(command, capture_output=True, text=True)
    return _utc(datetime.fromtimestamp(int(ran.stdout), timezone.utc)) if ran.returncode == 0 else ""


def _utc(time: datetime) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")


if __name__ == "__main__":
    main()
