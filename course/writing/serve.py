"""The command ``serve``: a GPT-2 behind an OpenAI-compatible API, served by MAX's own server.

``gpt2.serving`` describes our model to MAX. This module writes the checkpoint into a folder as MAX expects it, starts
the server, says when it is ready, and ends it with all of its processes.
"""

import json
import os
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np
from safetensors import safe_open
from safetensors.numpy import save_file

from course import runtime
from course.curriculum.steps import ROOT
from course.refusal import Refusal, refusing
from course.terminal import console
from course.terminal.waiting import Waiting
from gpt2.checkpoint import CONV1D, Checkpoint, open_checkpoint, weight_files, weights_of
from gpt2.special_tokens import PARTS, read_object
from gpt2.tokenizer import load_tokenizer

if TYPE_CHECKING:
    from max.driver import Device

CHAT = ("chat_template", *PARTS)  # of tokenizer_config.json: how a chat is put, and the tokens that it is put with
BATCH = 16  # texts at once on a CPU, where MAX's own default is one; further requests wait
GRACE = 20.0  # seconds that the server has to end by itself before it is killed

# Defaults for the server's environment variables: those that are set already have precedence.
ENVIRONMENT = {
    "HF_HUB_OFFLINE": "1",  # the folder has all that it needs
    "MAX_SERVE_DISABLE_TELEMETRY": "1",
    "MAX_SERVE_METRIC_RECORDING_METHOD": "NOOP",
    "MAX_SERVE_LOGS_CONSOLE_LEVEL": "WARNING",
}


def serve(checkpoint: str, *, host: str, port: int, device: str | None, further: Sequence[str] = ()) -> None:
    """Serve a checkpoint until a ``KeyboardInterrupt``, which SIGTERM is, too.

    Args:
        checkpoint: a folder, or a model's name on the Hugging Face hub.
        device: as for ``runtime.start``.
        further: options for ``max serve``.

    Raises:
        Refusal: the address cannot be had, the device is not there, or the server ended by itself.
        CheckpointError: the checkpoint cannot be found or read, or is not exactly a GPT-2.
    """
    opened = open_checkpoint(checkpoint)
    _require_port(host, port)
    name = opened.folder.resolve().name if Path(checkpoint).expanduser().is_dir() else checkpoint
    with TemporaryDirectory(prefix="serve-") as folder:
        with Waiting():
            # Wrong weights are refused here, in one line. If the server found them, it would print a hundred.
            _lay_out(opened, weights_of(opened), Path(folder))
            ours = ["--model", folder, "--served-model-name", name, "--host", host, "--port", str(port)]
            with refusing(ValueError):
                ours += _device_options(runtime.start(device, kernels=False))
        with _server([*ours, *further]) as server:
            with Waiting() as waiting:
                waiting.say("Starting MAX's server, which compiles the model the first time: minutes")
                while not _is_ready(host, port):
                    _require_running(server)
                    time.sleep(0.2)
            _tell(name, host, port)
            server.wait()
            _require_running(server)


def _require_port(host: str, port: int) -> None:
    """Refuse an address that cannot be had. MAX itself would find out only after it has compiled the model."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        socket.create_server((host, port), family=family).close()
    except OSError as error:
        raise Refusal(f"--host {host} --port {port}: no server can listen there: {error.strerror}") from error


def _lay_out(checkpoint: Checkpoint, weights: Mapping[str, np.ndarray], folder: Path) -> None:
    """Write a checkpoint into a folder as MAX expects it, with a configuration that leaves nothing to guess."""
    family, ends = checkpoint.family, checkpoint.eos_token_ids
    settings = {
        **asdict(checkpoint.config),
        "model_type": "gpt2",
        "architectures": ["GPT2LMHeadModel"],
        "activation_function": family.activation,
        "tie_word_embeddings": family.is_tied,
        "eos_token_id": ends[0] if len(ends) == 1 else list(ends) or None,
    }
    (folder / "config.json").write_text(json.dumps(settings))
    told = read_object(checkpoint.folder / "tokenizer_config.json")
    kept = {name: told[name] for name in CHAT if name in told}
    (folder / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "PreTrainedTokenizerFast"} | kept))
    if (template := checkpoint.folder / "chat_template.jinja").exists():
        (folder / template.name).write_bytes(template.read_bytes())
    load_tokenizer(checkpoint.folder, checkpoint.config.vocab_size).save(str(folder / "tokenizer.json"))
    files = weight_files(checkpoint.folder)
    is_scaled = not family.scales_scores or family.scales_by_layer
    # Types that MAX serves on no device, and weights that are not those of the file.
    if is_scaled or any(map(_has_other_types, files)):
        stored = {name: weight.T if name.endswith(CONV1D) else weight for name, weight in weights.items()}
        save_file({name: np.ascontiguousarray(weight) for name, weight in stored.items()}, folder / "model.safetensors")
        return
    for number, path in enumerate(files, 1):
        (folder / f"model-{number:05}-of-{len(files):05}.safetensors").symlink_to(path.resolve())


def _has_other_types(path: Path) -> bool:
    with safe_open(path, "np") as file:
        return any(file.get_slice(name).get_dtype() not in ("F32", "BF16") for name in file.keys())  # noqa: SIM118 (it is no dictionary)


def _device_options(device: "Device") -> list[str]:
    if device.is_host:
        return ["--devices", "cpu", "--quantization-encoding", "float32", "--max-batch-size", str(BATCH)]
    return ["--devices", f"gpu:{device.id}"]


@contextmanager
def _server(options: Sequence[str]) -> Iterator[subprocess.Popen]:
    """Run ``max serve``, and end all of its processes afterwards."""
    command = [sys.executable, "-m", "gpt2.serving", "serve"]
    ours = ["--custom-architectures", f"{ROOT}:gpt2.serving", "--enable-penalties", "--allow-cold-interpreter-cache"]
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_DFL:  # and not ignored, as by nohup
            signal.signal(number, runtime.interrupt)
    started: list[subprocess.Popen] = []
    try:
        with _uninterrupted():
            server = subprocess.Popen(
                [*command, *ours, *options],
                # Given explicitly, because MAX has changed the C environment that children inherit.
                env=ENVIRONMENT | os.environ,
                stdout=sys.stderr.fileno(),
                start_new_session=True,  # so that Ctrl-C reaches only this process, which then ends the server
            )
            started.append(server)
        yield server
    finally:
        for server in started:
            _end(server)


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Let signals wait: between a process that starts and its being known, they would leave it behind."""
    came: list[int] = []
    numbers = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]
    handlers = {number: signal.getsignal(number) for number in numbers}
    for number, handler in handlers.items():
        if handler is not signal.SIG_IGN:
            signal.signal(number, lambda number, frame: came.append(number))
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
    for number in came:
        signal.raise_signal(number)


def _end(server: subprocess.Popen) -> None:
    """End all processes of the server: kindly, then not."""
    try:
        server.terminate()
        server.wait(GRACE)
    except (subprocess.TimeoutExpired, KeyboardInterrupt):  # after a second Ctrl-C it is killed at once
        pass
    finally:
        with suppress(ProcessLookupError):  # all have ended
            os.killpg(server.pid, signal.SIGKILL)
        server.wait()


def _require_running(server: subprocess.Popen) -> None:
    if (code := server.poll()) is not None:
        raise Refusal(f"MAX's server has stopped with exit code {code}: its messages are above")


def _reachable(host: str) -> str:
    """The address to connect to, also where the server listens at every address."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)


def _is_ready(host: str, port: int) -> bool:
    connection = HTTPConnection(_reachable(host), port, timeout=5)
    try:
        connection.request("GET", "/health")
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def _tell(name: str, host: str, port: int) -> None:
    there = _reachable(host)
    url = f"http://{f'[{there}]' if ':' in there else there}:{port}/v1"
    body = json.dumps({"model": name, "prompt": "Once upon a time", "max_tokens": 50})
    curl = f"curl {url}/completions -H 'Content-Type: application/json' -d {shlex.quote(body)}"
    told = f"{name} is served at {url}. Ctrl-C ends it. For example:\n\n{curl}\n"
    console.out.print(told, markup=False, soft_wrap=True)
