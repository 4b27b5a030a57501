"""What a TODO or a docstring promises has a check: without it a step does not pass."""

import json
import os
import re
import subprocess
import sys

from course.curriculum.steps import ROOT, STEPS, solution_path
from course.curriculum.todos import read_todos

PROGRAM = """
import json, sys
from course import runtime
runtime.prepare()
from tools.mistakes import try_checks
runtime.start()
broken = json.load(sys.stdin)
print(json.dumps([[step, what] for step, what, source in broken if not try_checks(step, source, "--maxfail=1").failed]))
"""


def broken_promises() -> list[tuple[int, str, str]]:
    """For each promise the step, what is promised, and the text of the solution without it."""
    found = []
    for step in STEPS:
        source = solution_path(step).read_text(encoding="utf-8")
        task = "\n".join(line for todo in read_todos(step) for line in (todo.title, *todo.task))
        for name in dict.fromkeys(re.findall(r"^self\.(\w+)\b", re.sub(r"^ +", "", task, flags=re.M), re.M)):
            found.append((step, f"self.{name}", re.sub(rf"\bself\.{name}\b", f"self.{name}_", source)))
        if "raise ValueError" in source:
            found.append((step, "ValueError", source.replace("raise ValueError", "raise KeyError")))
    return found


def test_each_promise_is_asked_for():
    promises = broken_promises()
    assert {(3, "self.eps"), (7, "self.head_dim"), (11, "self.ln_2"), (12, "ValueError")} <= {
        each[:2] for each in promises
    }
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        input=json.dumps(promises),
        cwd=ROOT,
        env=dict(os.environ),
        capture_output=True,
        check=True,
        text=True,
    )
    assert json.loads(ran.stdout.splitlines()[-1]) == []
