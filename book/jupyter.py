"""Opens the notebook in JupyterLab, which has an environment of its own; its kernel is the course's Python."""

import os
import shutil
import socket
import subprocess
import sys
from typing import NoReturn

from course.curriculum.steps import ROOT
from course.environment import python_with
from course.refusal import Refusal

JUPYTERLAB = ("jupyterlab==4.6.6",)
ENVIRONMENT = ROOT / ".jupyter"  # git ignores it, and the copy
NOTEBOOK = ROOT / "book" / "notebook" / "gpt2.ipynb"
COPY = NOTEBOOK.with_name("mine.ipynb")  # beside the notebook, where its pictures and links are


def open_notebook(port: int) -> NoReturn:
    """Become the server of a reader's own copy of the notebook, which is made on first use.

    Raises:
        Refusal: the port cannot be had, or JupyterLab or its kernel cannot be installed.
    """
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError as error:
        raise Refusal(f"--port {port}: no server can listen there: {error.strerror}") from error
    python = python_with(JUPYTERLAB, ENVIRONMENT)
    kernel = [sys.executable, "-m", "ipykernel", "install", "--prefix", str(ENVIRONMENT)]
    try:
        subprocess.run(kernel, check=True, capture_output=True)
    except subprocess.CalledProcessError as error:
        raise Refusal(f"the course's Python cannot be a kernel in {ENVIRONMENT}: {error}") from error
    if not COPY.exists():
        shutil.copyfile(NOTEBOOK, COPY)
    home = f"/lab/tree/{COPY.relative_to(ROOT)}"
    options = [f"--ServerApp.root_dir={ROOT}", f"--LabApp.default_url={home}", "--ServerApp.answer_yes=True"]
    options += [f"--ServerApp.port={port}", "--ServerApp.port_retries=0", "--allow-root"]
    os.execv(python, [python, "-m", "jupyterlab", *options])
