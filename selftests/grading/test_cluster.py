"""Many machines come to the verdicts of one: with Dask's own scheduler and workers, each a process that may be killed.

Workers are started from a copy of the course, which has no key of its own.
"""

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from course.curriculum.files import copy_course
from course.curriculum.steps import ROOT, read_source, solution_path
from course.grading import cluster
from course.grading.cluster import AT_ONCE, INSTALL, judging_at, refuse_unusable
from course.grading.grade import Grade, Settings, Stopped, grade
from course.grading.submissions import find
from course.grading.worker import Order
from course.refusal import Refusal

WAITING = 300  # seconds, at most, for what takes a few
SETTINGS = Settings(steps=(2,), jobs=AT_ONCE)


def until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + WAITING
    while not condition():
        assert time.monotonic() < deadline, "it does not happen"
        time.sleep(0.05)


class Farm:
    """A scheduler and workers, as people start them."""

    def __init__(self, course: Path) -> None:
        self.course = course
        self.processes: list[subprocess.Popen] = []
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
        self.start()

    def start(self) -> None:
        """Start the scheduler, at the same address each time."""
        port = self.address.rpartition(":")[2]
        self.scheduler = self._run("scheduler", "--host", "127.0.0.1", "--port", port, "--no-dashboard")
        until(self._answers)

    def work(self, count: int = 1, course: Path | None = None, **environment: str) -> list[str]:
        """Start workers, and wait for them. Returns their addresses."""
        before = self.workers()
        for _ in range(count):
            self._run("worker", self.address, "--nthreads", "1", "--no-dashboard", cwd=course, **environment)
        until(lambda: len(self.workers().keys() - before.keys()) >= count)
        return sorted(self.workers().keys() - before.keys())

    def workers(self) -> dict[str, int]:
        """The workers' processes."""
        return self._ask(lambda client: client.run(os.getpid))

    def busy(self) -> list[str]:
        return [worker for worker, tasks in self._ask(lambda client: client.processing()).items() if tasks]

    def close(self) -> None:
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            try:
                process.wait(WAITING / 10)
            except subprocess.TimeoutExpired:  # it looks for its scheduler
                process.kill()
                process.wait()

    def _run(self, *command: str, cwd: Path | None = None, **environment: str) -> subprocess.Popen:
        process = subprocess.Popen(
            [sys.executable, "-m", "dask", *command],
            cwd=cwd or self.course,
            env=os.environ | environment,
            stderr=subprocess.DEVNULL,
        )
        self.processes.append(process)
        return process

    def _answers(self) -> bool:
        with socket.socket() as trying:
            return not trying.connect_ex(("127.0.0.1", int(self.address.rpartition(":")[2])))

    def _ask(self, question: Callable) -> dict:
        from distributed import Client

        with Client(self.address, set_as_default=False) as client:
            return question(client)


@pytest.fixture(scope="module")
def course(tmp_path_factory) -> Path:
    copy_course(folder := tmp_path_factory.mktemp("clone"))
    return folder


@pytest.fixture
def farm(course) -> Iterator[Farm]:
    pytest.importorskip("distributed", reason=f"Dask is not installed: {INSTALL}")
    started = Farm(course)
    yield started
    started.close()


def hand_in(folder: Path, **texts: str) -> Path:
    """A class, each of whom has handed in a step 2."""
    for name, text in texts.items():
        (folder / name).mkdir(parents=True)
        (folder / name / "step_02.py").write_text(text)
    return folder


RIGHT = read_source(solution_path(2))
WRONG = RIGHT.replace("exclude=True", "exclude=False")
SLOW = "import time\ntime.sleep(3)\n" + RIGHT
ENDING = "import os\nos._exit(1)\n"


@pytest.fixture
def class_(tmp_path) -> Path:
    return hand_in(tmp_path / "class", ada=SLOW, bob=WRONG, eve=SLOW)


PASSED = {"ada": 1, "bob": 0, "eve": 1}


@pytest.fixture
def said() -> list[str]:
    return []


def graded(
    farm: Farm, class_: Path, say: Callable[[str], None], on_grade: Callable[[Grade], None] = lambda each: None
) -> dict[str, int]:
    """How many steps of each are passed."""
    with judging_at(farm.address, 1, SETTINGS, say) as judge:
        grades = grade(find([class_]), class_.parent / "results", SETTINGS, on_grade, elsewhere=judge)
    assert not any(each.remark for each in grades)
    return {each.name: each.passed for each in grades}


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def run(class_: Path, out: Path, *options: str) -> dict[str, bytes]:
    command = [sys.executable, "-m", "course", "grade", class_, "--out", out, "--steps", "2", "--jobs", "2", *options]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert ran.returncode == 0 and not ran.stderr, ran.stderr
    return files(out)


@pytest.mark.sandbox
def test_a_cluster_leaves_what_one_machine_does_byte_for_byte(farm, tmp_path, course):
    class_ = hand_in(tmp_path / "class", ada=RIGHT, bob=WRONG, dan="def", eve=ENDING)
    farm.work(2)
    here = run(class_, tmp_path / "here")
    assert b"could not be judged" in here["grades.csv"] and b"That is what you get when" in b"".join(here.values())
    assert here == run(class_, tmp_path / "there", "--scheduler", farm.address)
    assert not (course / ".course").exists()  # the key was the grader's, and it was not kept


@pytest.mark.sandbox
def test_so_do_processes_of_this_machine(tmp_path):
    pytest.importorskip("distributed", reason=f"Dask is not installed: {INSTALL}")
    class_ = hand_in(tmp_path / "class", ada=RIGHT, bob=WRONG)
    assert run(class_, tmp_path / "here") == run(class_, tmp_path / "there", "--scheduler", "local")


@pytest.mark.sandbox
def test_a_killed_worker_costs_time_and_nothing_else(farm, class_, said):
    farm.work(2)
    with ThreadPoolExecutor() as pool:
        running = pool.submit(graded, farm, class_, said.append)
        until(farm.busy)
        killed = farm.busy()[0]
        os.kill(farm.workers()[killed], signal.SIGKILL)
        assert running.result(WAITING) == PASSED
    assert said == [f"The worker {killed} is lost. Another one gets what it was judging."]


@pytest.mark.sandbox
def test_a_scheduler_that_comes_back_finds_the_run_waiting(farm, class_, said):
    farm.work()
    first = threading.Event()
    with ThreadPoolExecutor() as pool:
        running = pool.submit(graded, farm, class_, said.append, lambda each: first.set())
        assert first.wait(WAITING)
        farm.scheduler.kill()
        until(lambda: any("is lost: waiting" in sentence for sentence in said))
        farm.start()
        farm.work()
        assert running.result(WAITING) == PASSED
    assert f"The scheduler at {farm.address} is back." in said


@pytest.mark.sandbox
def test_without_a_scheduler_a_run_ends_and_the_same_command_goes_on(farm, class_, said, monkeypatch):
    farm.work()
    monkeypatch.setattr(cluster, "PATIENCE", 0.0)
    with pytest.raises(Stopped, match=f"the scheduler at {farm.address} is lost. What was judged is kept"):
        graded(farm, class_, said.append, lambda each: farm.scheduler.kill())
    kept = {path: path.stat().st_mtime_ns for path in (class_.parent / "results").iterdir()}
    assert 0 < len(kept) < len(PASSED)
    farm.start()
    farm.work()
    assert graded(farm, class_, said.append) == PASSED
    assert {path: path.stat().st_mtime_ns for path in kept} == kept


@pytest.mark.sandbox
def test_a_worker_that_would_judge_otherwise_is_refused_by_name(farm, class_, said, tmp_path):
    copy_course(tmp_path / "other")
    with (tmp_path / "other" / "tests" / "test_step_02.py").open("a") as checks:
        checks.write("# another check\n")
    (tmp_path / "max-1.0.dist-info").mkdir()
    (tmp_path / "max-1.0.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: max\nVersion: 1.0\n")
    (tmp_path / "bin").mkdir()
    unfit = {
        *(f"{each} is refused: it has checks " for each in farm.work(course=tmp_path / "other")),
        *(f"{each} is refused: it has MAX 1.0" for each in farm.work(PYTHONPATH=str(tmp_path))),
        *(f"{each} is refused: the sandbox needs bubblewrap" for each in farm.work(PATH=str(tmp_path / "bin"))),
    }
    with pytest.raises(Stopped, match=f"no worker of {farm.address} can judge here"):
        graded(farm, class_, said.append)
    assert all(f"The worker {each}" in "\n".join(said) for each in unfit)
    farm.work()
    assert graded(farm, class_, said.append) == PASSED


def test_without_dask_it_says_the_command_that_installs_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(Refusal, match=re.escape(f"in the course's folder type: {INSTALL}")):
        refuse_unusable("tcp://127.0.0.1:8786")


def test_the_command_that_installs_it_does(farm):
    """To what is installed already it has nothing to add; without the pins of the lock it would ask a registry."""
    program, *options = INSTALL.split()
    command = [Path(sys.executable).with_name(Path(program).name), *options, "--dry-run", "--offline"]
    command[command.index(".venv/bin/python")] = sys.executable
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert ran.returncode == 0 and "Would make no changes" in ran.stderr, ran.stderr


def test_no_log_of_a_worker_has_the_key_in_it():
    assert "secret" not in repr(Order({1: b"secret"}, SETTINGS, b"secret", {}))
