"""The process that judges a submission in the sandbox: course.judging.runner, with a ``Session`` as its subject."""

import os
import traceback
from pathlib import Path

from course.grading.trial.session import Session
from course.judging import runner


def main() -> None:
    parser = runner.parser()
    parser.add_argument("--memory", type=int, required=True, metavar="BYTES", help="for the submission, beyond MAX's")
    parser.add_argument("--key", type=Path, required=True, metavar="FILE", help="what inputs are drawn with")
    given = parser.parse_args()
    runner.run(given, lambda device, on_compile: Session(given.folder, device, given.memory, given.key, on_compile))


if __name__ == "__main__":
    try:
        main()
    except Exception:
        traceback.print_exc()
    os._exit(1)  # at once: a thread that a step has started may never end
