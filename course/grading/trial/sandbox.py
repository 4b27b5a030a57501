"""Where a stranger's program runs: bubblewrap, with nothing in sight that it could read or spoil.

It sees Python, MAX, MAX's kernels and the few files that serve it, and can write to none of them. There is no network,
no other process, no environment. What it may do and use up is limited from inside, by course.grading.inside.limits,
before the submission is run.
"""

import ctypes
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

from course.curriculum.steps import ROOT
from course.grading.inside.calls import MACHINES
from course.grading.trial import other_user
from course.refusal import Refusal

# The folders that a submission's process needs, whole. What they hold imports nothing of the course beyond them,
# and nothing in them knows what is right.
MOUNTED = ("course/runtime", "course/grading/inside", "kernels")

SYSTEM = ("/usr", "/lib", "/lib64", "/bin")
DEVICES = ("null", "zero", "full", "random", "urandom")  # no terminals: those of all sandboxes together have an end

NOBODY = "65534"


def refuse_without() -> None:
    """Raise Refusal where there is no sandbox, with what to install."""
    if sys.platform != "linux" or platform.machine() not in MACHINES:
        raise Refusal(f"the sandbox needs Linux on x86-64 or Arm, not {sys.platform} on {platform.machine()}")
    if not shutil.which("bwrap"):
        raise Refusal(
            "the sandbox needs bubblewrap, which is not installed (Debian and Ubuntu: apt install bubblewrap)"
        )
    tried = subprocess.run([*_walls(), "true"], capture_output=True, text=True)
    if tried.returncode:
        raise Refusal(f"bubblewrap cannot make a sandbox here; are user namespaces allowed? {tried.stderr.strip()}")


def start(arguments: list[str], pass_fds: tuple[int, ...]) -> subprocess.Popen:
    """Start Python in the sandbox, with these descriptors open. What it prints comes on stdout."""
    return subprocess.Popen(
        [*_walls(), sys.executable, "-B", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        pass_fds=pass_fds,
        start_new_session=True,
    )


def _walls() -> list[str]:
    """The command that runs another in the sandbox."""
    home = Path.home()
    cache = Path(os.environ.get("MODULAR_DERIVED_PATH") or home / ".cache" / "modular")
    parts = [str(ROOT / folder) for folder in MOUNTED]
    shown = {*SYSTEM, sys.prefix, sys.base_prefix, "/etc/ld.so.cache", str(cache), *parts}
    links = [path for path in SYSTEM if os.path.islink(path)]  # as /lib to /usr/lib
    sources = sorted(path for path in shown if os.path.exists(path) and path not in links)
    prefix, found_at = other_user.staged(sources) if other_user.can_be() else ([], {})
    # What is below something else is put in its place after it. The course itself is hidden, but for
    # its parts, since it may be below what is seen, as in /usr/src of a container.
    mounts = {str(ROOT): ["--tmpfs", str(ROOT)]}
    for path in sources:
        mounts[path] = ["--ro-bind", found_at.get(path, path), path]
    for path in links:
        mounts[path] = ["--symlink", os.readlink(path), path]
    command = [
        *prefix,
        "bwrap",
        "--unshare-all",
        "--die-with-parent",
        "--new-session",
        "--disable-userns",
        "--clearenv",
    ]
    command += ["--as-pid-1"]  # no helper of bubblewrap's beside it, which knows no filter and could be taken over
    command += ["--unshare-user", "--uid", NOBODY, "--gid", NOBODY, "--cap-drop", "ALL", "--hostname", "sandbox"]
    for path in sorted(mounts, key=lambda path: Path(path).parts):
        command += mounts[path]
    command += ["--remount-ro", str(ROOT)]
    command += ["--proc", "/proc", "--tmpfs", "/dev"]
    for device in DEVICES:
        command += ["--dev-bind", f"/dev/{device}", f"/dev/{device}"]
    command += ["--remount-ro", "/dev"]
    command += ["--remount-ro", "/proc"]  # root's settings of the kernel are files there
    command += ["--remount-ro", "/", "--chdir", "/"]
    command += ["--setenv", "HOME", str(home), "--setenv", "PYTHONPATH", str(ROOT)]
    command += ["--setenv", "PYTHONHASHSEED", "0"]
    for name in ("MODULAR_DERIVED_PATH", "MOJO_PYTHON_LIBRARY"):
        if value := _environment(name):
            command += ["--setenv", name, value]
    return command


def _environment(name: str) -> str | None:
    """A variable of this process, as C sees it: MAX sets some when it is imported, past os.environ.

    Without the library that it finds then, Mojo would start a process to look for it.
    """
    getenv = ctypes.CDLL(None).getenv
    getenv.restype = ctypes.c_char_p
    value = getenv(name.encode())
    return os.fsdecode(value) if value else None
