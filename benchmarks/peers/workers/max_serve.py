"""MAX's own server with the course's model, asked through HTTP for one stream a text."""

import atexit
import json
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path

from benchmarks.peers.protocol import DEVICE, serve

PATIENCE = 900  # seconds until the server has to answer, which compiles the model before


class Served:
    def __init__(self, checkpoint: Path, weights: str) -> None:
        self.model = str(checkpoint)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        command = [sys.executable, "-m", "course", "serve", self.model, "--port", str(self.port), "--device", DEVICE]
        server = subprocess.Popen([*command, "--quantization-encoding", weights], stdin=subprocess.DEVNULL)
        atexit.register(server.terminate)
        end = time.monotonic() + PATIENCE
        while not self.answers():
            if server.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"the server does not answer; its exit code is {server.poll()}")
            time.sleep(0.5)
        with HTTPConnection("127.0.0.1", self.port) as connection:
            connection.request("GET", "/v1/models")
            self.name = json.load(connection.getresponse())["data"][0]["id"]

    def answers(self) -> bool:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/health")
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()

    def generate(self, prompts: list[list[int]], steps: int, on_tokens: Callable) -> None:
        with ThreadPoolExecutor(len(prompts)) as pool:
            streams = [self.stream(prompt, steps + 1) for prompt in prompts]
            for _ in range(steps + 1):
                on_tokens(list(pool.map(next, streams)))

    def stream(self, prompt: list[int], tokens: int):
        """Yield the text of each token, as it comes."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        body = {"model": self.name, "prompt": prompt, "max_tokens": tokens, "temperature": 0, "stream": True}
        connection.request("POST", "/v1/completions", json.dumps(body | {"ignore_eos": True}))
        for line in connection.getresponse():
            if line.startswith(b"data: {"):
                choices = json.loads(line[len(b"data: ") :])["choices"]
                if choices:
                    yield choices[0]["text"]
        connection.close()


if __name__ == "__main__":
    serve(Served)
