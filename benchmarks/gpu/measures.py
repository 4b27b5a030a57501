"""What ``benchmarks.gpu`` measures by itself: ``python -m benchmarks.gpu.measures NAME DEVICE`` prints JSON."""

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

import numpy as np

from course import runtime

PROMPTS = ["Once upon a time", "The dog", "One day, a cat", "In the forest"]
TOKENS = 150  # of each text
BATCHES = (1, 16)
SAMPLINGS: dict[str, dict[str, Any]] = {
    "greedy": {"temperature": 0},
    "seed": {"seed": 1},
    "filters": {"seed": 2, "temperature": 1.2, "top_k": 50, "top_p": 0.9, "repetition_penalty": 1.1},
}
SEED = 0


def sees(name: str) -> dict[str, Any]:
    """The card, its driver, and what MAX makes of it."""
    from max.driver import accelerator_architecture_name, accelerator_count

    told = None
    if program := shutil.which("nvidia-smi"):
        asked = [program, "--query-gpu=name,driver_version,memory.total", "--format=csv,noheader"]
        told = subprocess.run(asked, capture_output=True, text=True).stdout.strip()
    count = accelerator_count()
    architecture = accelerator_architecture_name() if count else None
    device = runtime.pick_device(name)
    return {"card": told, "max": version("max"), "count": count, "architecture": architecture, "device": str(device)}


def texts(name: str) -> dict[str, Any]:
    """Texts of the engine on the device and on the CPU, whose engine is another program: greedy, and from a seed."""
    from max.driver import CPU

    from course.curriculum.steps import STORYTELLER
    from gpt2.checkpoint import open_checkpoint
    from gpt2.generator import Generator
    from gpt2.loading import load_cached_model
    from gpt2.sampling import Sampling
    from gpt2.tokenizer import load_tokenizer

    checkpoint = open_checkpoint(STORYTELLER)
    there, source = _engine(name)
    found: dict[str, Any] = {"the engine's graphs": source}
    tokenizer = load_tokenizer(checkpoint.folder, checkpoint.config.vocab_size)
    models = [
        Generator(model, tokenizer, checkpoint.eos_token_ids) for model in (there, load_cached_model(checkpoint, CPU()))
    ]
    for kind, sampling in SAMPLINGS.items():
        theirs, ours = (model.generate(PROMPTS, Sampling(**sampling), max_new_tokens=TOKENS) for model in models)
        pairs = [(one.text, other.text) for one, other in zip(theirs, ours, strict=True)]
        tokens = sum(len(one.tokens) for one in theirs)
        differ = [pair for pair in pairs if pair[0] != pair[1]]
        found[kind] = {"same": len(pairs) - len(differ), "of": len(pairs), "tokens": tokens, "others": differ}
    return found


def logits(name: str) -> dict[str, Any]:
    """The largest differences of logits: the engine's and step 13's from those of transformers, on the same device."""
    import torch
    from max.driver import CPU
    from max.experimental.tensor import Tensor

    from course.curriculum.steps import STORYTELLER
    from gpt2.checkpoint import open_checkpoint
    from gpt2.loading import load_model

    torch.backends.cuda.matmul.allow_tf32 = False
    ids = np.random.default_rng(SEED).integers(1000, size=(2, 200))
    theirs = _their_model(name)
    expected = theirs(torch.tensor(ids).to(theirs.device)).logits.cpu().numpy()
    device, checkpoint = _device(name), open_checkpoint(STORYTELLER)
    found: dict[str, Any] = {"largest logit": float(np.abs(expected).max())}
    ours, _ = _engine(name)[0].start(ids.tolist(), capacity=ids.shape[1])
    found["engine"] = float(np.abs(ours - expected[:, -1]).max())
    naive = np.from_dlpack(load_model(checkpoint, device)(Tensor(ids, device=device)).to(CPU()))
    found["step 13"] = float(np.abs(naive - expected).max())
    return found


def speed(name: str) -> dict[str, Any]:
    """Tokens a second of the story model, greedily after 32 tokens: the engine's, and those of transformers."""
    engine, source = _engine(name)

    def ours(ids: np.ndarray) -> Callable[[], object]:
        scores, cache = engine.start(ids.tolist(), capacity=ids.shape[1] + 2 * TOKENS)
        row = [scores.argmax(axis=-1)]

        def token() -> None:
            row[0] = engine.extend(row[0][:, None], cache).argmax(axis=-1)

        return token

    contenders: dict[str, Callable[[np.ndarray], Callable[[], object]]] = {"engine": ours}
    found: dict[str, Any] = {"the engine's graphs": source}
    try:
        contenders["transformers"] = _transformers(name)
    except (ImportError, RuntimeError) as error:  # the engine's speed is worth something without it
        found["transformers"] = f"not measured: {error}"
    for batch in BATCHES:
        ids = np.random.default_rng(SEED).integers(1000, size=(batch, 32))
        for contender, begin in contenders.items():
            found[f"{contender}, batch {batch}"] = round(batch * _rate(begin(ids)), 1)
    return found


def _rate(token: Callable[[], object]) -> float:
    """How often a second a token can be made, after some that do not count."""
    for _ in range(10):
        token()
    began = time.perf_counter()
    for _ in range(100):
        token()
    return 100 / (time.perf_counter() - began)


def _transformers(name: str) -> Callable[[np.ndarray], Callable[[], object]]:
    import torch
    from transformers import DynamicCache

    model = _their_model(name)

    def begin(ids: np.ndarray) -> Callable[[], object]:
        cache = DynamicCache(config=model.config)

        def extend(ids: Any) -> Any:
            logits = model(ids, past_key_values=cache, use_cache=True, logits_to_keep=1).logits
            return logits[:, -1].argmax(dim=-1)[:, None]

        row = [extend(torch.tensor(ids).to(model.device))]

        def token() -> None:
            row[0] = extend(row[0])
            row[0].cpu()  # which waits for it

        return token

    return begin


def _their_model(name: str) -> Any:
    """The story model in transformers, on the device, for inference."""
    import torch
    from transformers import GPT2LMHeadModel

    from course.curriculum.steps import STORYTELLER

    torch.set_grad_enabled(False)
    device = name.replace("gpu", "cuda")
    model: Any = GPT2LMHeadModel.from_pretrained(STORYTELLER, dtype=torch.float32)
    return model.to(device).eval()


def _engine(name: str) -> tuple[Any, str]:
    """The story model with a cache on the device, and where its graphs came from."""
    from benchmarks.gpu.exported import take_or_compile
    from course.curriculum.steps import STORYTELLER
    from gpt2.checkpoint import open_checkpoint
    from gpt2.loading import load_cached_model

    return take_or_compile("engine", lambda: load_cached_model(open_checkpoint(STORYTELLER), _device(name)))


def _device(name: str) -> Any:
    """The device as a stranger picks it, without the default type that the course's own commands set."""
    from max.driver import CPU, Accelerator

    return CPU() if name == "cpu" else Accelerator(int(name.partition(":")[2] or 0))


if __name__ == "__main__":
    runtime.prepare()
    measures = {"sees": sees, "texts": texts, "logits": logits, "speed": speed}
    print(json.dumps(measures[sys.argv[1]](sys.argv[2])))
