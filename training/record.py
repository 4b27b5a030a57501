"""What a training is to be, and what came of it: training.json beside the model."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from course.refusal import Refusal
from training.text import Text

NAME = "training.json"


@dataclass(frozen=True)
class Plan:
    """What was typed, and which text it was about. The same plan goes on where it was interrupted."""

    text: str
    bytes: int
    sha256: str
    size: str
    seed: int
    minutes: float | None  # or, if steps are given, None
    steps: int | None

    @property
    def command(self) -> str:
        length = f"--minutes {self.minutes:g}" if self.steps is None else f"--steps {self.steps}"
        return f"./run train {self.text} --size {self.size} {length} --seed {self.seed}"


def plan(text: Text, size: str, seed: int, minutes: float, steps: int | None) -> Plan:
    return Plan(text.name, text.size, text.digest, size, seed, None if steps else minutes, steps)


def record_of(plan: Plan, result: dict[str, Any] | None = None) -> bytes:
    return (json.dumps({"plan": asdict(plan), "result": result}, indent=1) + "\n").encode()


def read_result(folder: Path, plan: Plan) -> dict[str, Any] | None:
    """What came of this plan in a folder, if it was carried out there to its end.

    Raises:
        Refusal: the folder holds something else.
    """
    path = folder / NAME
    if not path.exists():
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise Refusal(f"{folder} is there already, and is not from ./run train: --to FOLDER names another")
        return None
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        before, result = record["plan"], record["result"]
        changed = [
            f"{name} {before[name]!r}, not {value!r}" for name, value in asdict(plan).items() if before[name] != value
        ]
    except (ValueError, LookupError, TypeError) as error:
        raise Refusal(f"{path} cannot be read: {error!r}. --to FOLDER names another folder") from error
    if changed:
        raise Refusal(f"{folder} holds another training, with {'; '.join(changed)}. --to FOLDER names another folder")
    return result
