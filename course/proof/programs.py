"""Programs of the system that some tests need, and how to install them."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Program:
    """A program, and the packages that bring it; None where a system has none."""

    command: str
    purpose: str
    apt: str | None = None
    brew: str | None = None

    @property
    def is_there(self) -> bool:
        return shutil.which(self.command) is not None


PROGRAMS = (
    Program("bwrap", "the grader's sandbox", apt="bubblewrap"),
    Program("chromium", "the book in a browser", apt="chromium", brew="--cask chromium"),
)


def install_missing(say: Callable[[str], None]) -> None:
    """Install the programs that are missing, where that asks nobody for a password; else say what would.

    Args:
        say: told what is done, and what is left to do, line by line.
    """
    missing = [program for program in PROGRAMS if not program.is_there]
    if not missing:
        return
    if sys.platform == "darwin":
        manager, packages = "brew", _packages(missing, "brew")
        commands = [["brew", "install", *packages]]
    else:
        manager, packages = "apt-get", _packages(missing, "apt")
        install = ["apt-get", "install", "--yes", "--no-install-recommends", *packages]
        commands = [[*_as_root(), *command] for command in (["apt-get", "update"], install)]
    if not packages or not shutil.which(manager):
        say(f"Some tests need {_listed(missing)}, which this system's package manager has to bring.")
        return
    line = " && ".join(" ".join(command) for command in commands).replace("sudo -n", "sudo")
    if not _may(commands[0]):
        say(f"Some tests need {_listed(missing)}. To run them, type: {line}")
        return
    say(f"Installing {_listed(missing)}, for the tests: {line}")
    for command in commands:
        ran = subprocess.run(
            command, env=os.environ | {"DEBIAN_FRONTEND": "noninteractive"}, capture_output=True, text=True
        )
        if ran.returncode:
            say(f"{' '.join(command)} ended with {ran.returncode}: {(ran.stderr or ran.stdout).strip()[-300:]}")
            return


def _packages(missing: list[Program], manager: str) -> list[str]:
    return [word for program in missing for word in (getattr(program, manager) or "").split()]


def _as_root() -> list[str]:
    return [] if os.geteuid() == 0 else ["sudo", "-n"]


def _may(command: list[str]) -> bool:
    """Whether a command may be run as it is: Homebrew's by everybody, others by root or without a password."""
    if command[0] != "sudo":
        return command[0] == "brew" or os.geteuid() == 0
    return bool(shutil.which("sudo")) and subprocess.run(["sudo", "-n", "true"], capture_output=True).returncode == 0


def _listed(programs: list[Program]) -> str:
    return " and ".join(f"{program.command} ({program.purpose})" for program in programs)
