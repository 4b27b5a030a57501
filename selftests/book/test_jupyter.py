"""`./run notebook` opens a reader's own copy of the notebook, where its pictures are, on the course's Python."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from book import jupyter
from course.curriculum.steps import ROOT
from course.refusal import Refusal


@pytest.fixture
def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


@pytest.fixture
def becomes(monkeypatch, tmp_path) -> Iterator[list[list[str]]]:
    """What the course would have become, instead of becoming it."""
    became: list[list[str]] = []
    monkeypatch.setattr(jupyter, "python_with", lambda requirements, environment: "python")
    monkeypatch.setattr(jupyter, "ENVIRONMENT", tmp_path / "environment")
    monkeypatch.setattr(jupyter, "COPY", ROOT / ".course" / tmp_path.name / "mine.ipynb")
    jupyter.COPY.parent.mkdir(parents=True)
    monkeypatch.setattr(os, "execv", lambda program, arguments: became.append(arguments))
    yield became
    shutil.rmtree(jupyter.COPY.parent)


def test_it_is_the_course_s_python_that_runs_the_cells(becomes, free_port, tmp_path):
    jupyter.open_notebook(free_port)
    [kernel] = (tmp_path / "environment").rglob("kernel.json")
    assert json.loads(kernel.read_text())["argv"][0] == sys.executable
    [arguments] = becomes
    assert f"--ServerApp.port={free_port}" in arguments


def test_what_was_written_into_the_copy_stays(becomes, free_port):
    jupyter.open_notebook(free_port)
    assert jupyter.COPY.read_bytes() == jupyter.NOTEBOOK.read_bytes()
    jupyter.COPY.write_text("mine")
    jupyter.open_notebook(free_port)
    assert jupyter.COPY.read_text() == "mine"


def test_a_port_that_another_program_has_is_refused(becomes):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(Refusal, match=f"--port {port}: no server can listen there: Address already in use"):
            jupyter.open_notebook(port)
    assert becomes == []


def test_a_kernel_that_cannot_be_installed_is_told(becomes, free_port, monkeypatch):
    def fail(*arguments, **options):
        raise subprocess.CalledProcessError(1, ["ipykernel"])

    monkeypatch.setattr(subprocess, "run", fail)
    with pytest.raises(Refusal, match="cannot be a kernel in .*environment"):
        jupyter.open_notebook(free_port)


def soon(address: str):
    """What a server that has just said its address answers."""
    for _ in range(100):
        try:
            return json.load(urlopen(address))
        except URLError:
            time.sleep(0.3)
    raise TimeoutError(address)


IS_INSTALLED = (jupyter.ENVIRONMENT / "requirements.txt").is_file()


@pytest.mark.skipif(not IS_INSTALLED, reason="JupyterLab is not installed: ./run notebook")
def test_the_server_serves_the_notebook(free_port):
    command = [sys.executable, "-m", "course", "notebook", "--port", str(free_port)]
    environment = os.environ | {"BROWSER": "true"}  # a browser that opens nothing
    with subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True) as server:
        try:
            said = ""
            address = rf"(http://localhost:{free_port})/lab/tree/book/notebook/mine\.ipynb\?(token=\w+)"
            while not (found := re.search(address, said)):
                line = server.stderr.readline()
                assert line, said
                said += line
            address = f"{found[1]}/api/contents/{jupyter.COPY.relative_to(ROOT)}?content=0&{found[2]}"
            assert soon(address)["type"] == "notebook"
        finally:
            server.terminate()
