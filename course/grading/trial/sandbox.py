"""Where a stranger's program runs: bubblewrap, with nothing in sight that it could read or spoil.

It sees Python, MAX, MAX's kernels and the few files that serve it, all read-only, and a small empty
folder of its own. There is no network, no other process, no environment. A filter of system calls
lets it make threads but no processes, no memory that belongs to none of them, and nothing that
these walls do not hold; what memory it has is limited from inside, by course.grading.inside.limits.
"""

import ctypes
import os
import platform
import shutil
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

from course.curriculum.steps import ROOT
from course.refusal import Refusal

SCRATCH = 64 << 20  # bytes of the folder of its own

# The folders that a submission's process needs, whole. What they hold imports nothing of the course beyond them,
# and nothing in them knows what is right.
MOUNTED = ("course/runtime", "course/grading/inside", "kernels")

SYSTEM = ("/usr", "/lib", "/lib64", "/bin")

# The numbers of system calls, by machine: clone, clone3, socket, and those that are refused.
_ARCHITECTURES = {
    "x86_64": (
        0xC000003E,
        56,
        435,
        41,
        (
            *(57, 58),  # fork, vfork
            *(319, 447, 29, 68, 64),  # memfd_create, memfd_secret, shmget, msgget, semget: memory that no limit counts
            *(248, 249, 250),  # add_key, request_key, keyctl: whoever is logged in has these keys, and the next one too
            *(425, 206),  # io_uring_setup, io_setup: do what this filter would see otherwise, and share a limit
            *(101, 310, 311, 298, 321, 323),  # ptrace, process_vm_readv, _writev, perf_event_open, bpf, userfaultfd
        ),
    ),
    "aarch64": (
        0xC00000B7,
        220,
        435,
        198,
        (279, 447, 194, 186, 190, 217, 218, 219, 425, 0, 117, 270, 271, 241, 280, 282),  # the same; it has no fork
    ),
}


def refuse_without() -> None:
    """Raise Refusal where there is no sandbox, with what to install."""
    if sys.platform != "linux" or platform.machine() not in _ARCHITECTURES:
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
    with tempfile.TemporaryFile() as file:
        file.write(_filter())
        file.seek(0)
        return subprocess.Popen(
            [*_walls(), "--seccomp", str(file.fileno()), sys.executable, "-B", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            pass_fds=(*pass_fds, file.fileno()),
            start_new_session=True,
        )


def _walls() -> list[str]:
    """The command that runs another in the sandbox."""
    home = Path.home()
    cache = Path(os.environ.get("MODULAR_DERIVED_PATH") or home / ".cache" / "modular")
    # What is below something else is put in its place after it. The course itself is hidden, but for
    # its parts, since it may be below what is seen, as in /usr/src of a container.
    mounts = {str(ROOT): ["--tmpfs", str(ROOT)]}
    parts = [str(ROOT / folder) for folder in MOUNTED]
    for path in (*SYSTEM, sys.prefix, sys.base_prefix, "/etc/ld.so.cache", str(cache), *parts):
        mounts[path] = ["--ro-bind-try", path, path]
    for path in filter(os.path.islink, SYSTEM):
        mounts[path] = ["--symlink", os.readlink(path), path]
    command = ["bwrap", "--unshare-all", "--die-with-parent", "--new-session", "--disable-userns", "--clearenv"]
    command += ["--as-pid-1"]  # no helper of bubblewrap's beside it, which knows no filter and could be taken over
    command += ["--unshare-user", "--cap-drop", "ALL", "--hostname", "sandbox"]
    command += ["--size", str(SCRATCH), "--tmpfs", "/tmp"]  # first: the rest may be below it
    for path in sorted(mounts, key=lambda path: Path(path).parts):
        command += mounts[path]
    command += ["--remount-ro", str(ROOT)]
    command += ["--proc", "/proc", "--dev", "/dev", "--remount-ro", "/dev"]
    command += ["--remount-ro", "/proc"]  # root's settings of the kernel are files there
    command += ["--remount-ro", "/", "--chdir", "/tmp"]
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


def _filter() -> bytes:
    """A filter for seccomp, in classic BPF: a program may make threads, and nothing that outlives or escapes them."""
    architecture, clone, clone3, socket, refused = _ARCHITECTURES[platform.machine()]
    load, equal, at_least, all_bits, end = 0x20, 0x15, 0x35, 0x45, 0x06
    number_at, architecture_at, first_argument_at = 0, 4, 16
    is_thread = 0x00010000  # CLONE_THREAD
    unix = 1  # AF_UNIX; of the others some know no walls, such as AF_VSOCK, which reaches a virtual machine's host
    allow, kill, refuse, unknown = 0x7FFF0000, 0x80000000, 0x00050000 | 1, 0x00050000 | 38  # EPERM, ENOSYS

    program = [
        (load, 0, 0, architecture_at),
        (equal, 1, 0, architecture),
        (end, 0, 0, kill),
        (load, 0, 0, number_at),
        (at_least, 0, 1, 0x40000000),  # the x32 numbers of x86-64
        (end, 0, 0, refuse),
        # The C library falls back to clone, whose flags can be seen from here.
        (equal, 0, 1, clone3),
        (end, 0, 0, unknown),
    ]
    for number in refused:
        program += [(equal, 0, 1, number), (end, 0, 0, refuse)]
    program += [
        (equal, 0, 3, clone),
        (load, 0, 0, first_argument_at),
        (all_bits, 1, 0, is_thread),
        (end, 0, 0, refuse),
        (load, 0, 0, number_at),
        (equal, 0, 3, socket),
        (load, 0, 0, first_argument_at),
        (equal, 1, 0, unix),
        (end, 0, 0, refuse),
        (end, 0, 0, allow),
    ]
    return b"".join(struct.pack("HBBI", *instruction) for instruction in program)
