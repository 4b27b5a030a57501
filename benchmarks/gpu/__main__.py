"""All that is to be known of a GPU that is at hand for minutes: ``python -m benchmarks.gpu FILE [DEVICE] [SECONDS]``.

What matters most comes first. Each stage is a process of its own, and FILE is written anew after each, so that a run
that is cut off, or a stage that fails, leaves what came before. Without a DEVICE it is "gpu"; "cpu" tries the script
where there is none. A stage gets what is left of SECONDS, 300 without being told. Only the logits need PyTorch. What
``./run verify --gpu`` compiled elsewhere is used where ``benchmarks/gpu/exported.py`` finds it.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from xml.etree import ElementTree

from course.curriculum.steps import ROOT, STEPS, checks_path

TOLD = 2000  # characters that are kept of what a failed stage said

ON_DEVICE = ("kv_cache", "model", "generator", "beam", "story", "family")  # the engine's tests that run a model
MEASURES = "-m", "benchmarks.gpu.measures"
# With its arguments to Python. A stage that runs pytest gets a place for pytest's report.
STAGES: dict[str, tuple[str, ...]] = {
    "what MAX sees": (*MEASURES, "sees"),
    "the checks of the steps": ("-m", "pytest", *(str(checks_path(step)) for step in STEPS)),
    "greedy text beside the CPU's": (*MEASURES, "texts"),
    "logits beside transformers'": (*MEASURES, "logits"),
    "speed": (*MEASURES, "speed"),
    "the tests of the engine": ("-m", "pytest", *(f"selftests/gpt2/test_{name}.py" for name in ON_DEVICE)),
}


def main(file: Path, device: str = "gpu", seconds: str = "300") -> None:
    """Run the stages, and write down what came of each."""
    end = time.monotonic() + float(seconds)
    results: dict[str, object] = {"device": device}
    for name, arguments in STAGES.items():
        left = end - time.monotonic()
        began = time.monotonic()
        result = run(arguments, device, left) if left > 0 else {"failed": "no time was left"}
        results[name] = {"seconds": round(time.monotonic() - began, 1)} | result
        aside = file.with_name(f".{file.name}")
        aside.write_text(json.dumps(results, indent=1) + "\n")
        aside.replace(file)
        print(f"{name}: {json.dumps(results[name])[:300]}", flush=True)


def run(arguments: tuple[str, ...], device: str, seconds: float) -> dict[str, object]:
    """Run one stage, and return what it found, or how it failed."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        is_pytest = "pytest" in arguments
        further = ["-q", "-p", "no:cacheprovider", f"--junitxml={report}"] if is_pytest else [device]
        environment = os.environ | {"COURSE_DEVICE": device}
        try:
            ran = subprocess.run(
                [sys.executable, *arguments, *further], cwd=ROOT, env=environment, capture_output=True, text=True,
                errors="replace", timeout=seconds,
            )  # fmt: skip
        except subprocess.TimeoutExpired as error:
            said = (error.stdout or b"").decode(errors="replace")
            return {"failed": f"not done after {seconds:.0f} s", "said": said[-TOLD:]}
        if is_pytest and report.exists():
            return read_report(report)
        if ran.returncode:
            return {"failed": f"exit code {ran.returncode}", "said": (ran.stdout + ran.stderr)[-TOLD:]}
        try:
            return dict(json.loads(ran.stdout.splitlines()[-1]))
        except (IndexError, TypeError, ValueError):
            return {"failed": "it printed no result", "said": ran.stdout[-TOLD:]}


def read_report(path: Path) -> dict[str, object]:
    """How many tests passed, by pytest's report, and what the others said."""
    cases = list(ElementTree.parse(path).getroot().iter("testcase"))
    failed = {}
    for case in cases:
        for fault in (*case.findall("failure"), *case.findall("error")):
            failed[f"{case.get('classname')}::{case.get('name')}"] = fault.get("message", "")[:300]
    skipped = sum(case.find("skipped") is not None for case in cases)
    return {"passed": len(cases) - skipped - len(failed), "skipped": skipped, "failed tests": failed}


if __name__ == "__main__":
    if not 2 <= len(sys.argv) <= 4:
        sys.exit(__doc__)
    main(Path(sys.argv[1]), *sys.argv[2:])
