"""Writes the story model as scripts into book/src/storyteller/, from where mdBook copies them beside the pages.

A page that was opened as a file may load scripts, but not fetch a file; as scripts the weights come the same way from a
web server and from a disk. book/play/storyteller.js asks for them.
"""

import base64
import json
from pathlib import Path

MODEL = Path("models", "storyteller")
FOLDER = Path("book", "src", "storyteller")
PIECE = 300_000  # bytes, a multiple of 3: so much is loaded between two steps of a progress bar


def write_checkpoint(root: Path) -> None:
    """Write what is not there yet, or has changed: whoever serves the book waits for changes of its files."""
    weights = (root / MODEL / "model.safetensors").read_bytes()
    starts = range(0, len(weights), PIECE)
    contents = {
        "config": json.loads((root / MODEL / "config.json").read_text(encoding="utf-8")),
        "tokenizer": json.loads((root / MODEL / "tokenizer.json").read_text(encoding="utf-8")),
        "bytes": len(weights),
        "pieces": len(starts),
    }
    scripts = {"contents.js": f"storyteller.contents = {json.dumps(contents, separators=(',', ':'))};\n"}
    for piece, start in enumerate(starts):
        encoded = base64.b64encode(weights[start : start + PIECE]).decode()
        scripts[f"piece-{piece}.js"] = f'storyteller.receive({start}, "{encoded}");\n'
    folder = root / FOLDER
    folder.mkdir(exist_ok=True)
    for name, script in scripts.items():
        path = folder / name
        if not path.exists() or path.read_text(encoding="utf-8") != script:
            path.write_text(script, encoding="utf-8")
