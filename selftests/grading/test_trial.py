"""A submission seen from outside, without a sandbox: inputs drawn for it, and answers that are not believed."""

import inspect
import subprocess
import sys

import numpy as np
import pytest
from max.driver import CPU
from max.experimental.nn import Module
from max.experimental.tensor import Tensor

from course.curriculum.steps import ROOT, step_path
from course.grading.inside.channel import ChannelError, Closed
from course.grading.trial import remote, secret, session
from course.grading.trial.remote import Process, Remote, _exception
from course.grading.trial.session import Session
from course.judging.case import Case
from course.judging.failure import CheckFailure
from course.judging.subject import Gone
from course.refusal import Refusal

# Inputs


class NoProcess:
    def __init__(self, *_: object) -> None:
        self.asked: list[tuple[object, ...]] = []

    def request(self, *request: object) -> object:
        self.asked.append(request[:2])
        return request

    def wait_until_ready(self) -> None:
        pass


@pytest.fixture
def trial(tmp_path, monkeypatch):
    """A function that makes a session about a folder with this text for step 03."""
    monkeypatch.setattr(session, "Process", NoProcess)

    def make(text: str) -> Session:
        step_path(3, tmp_path).write_text(text)
        return Session(tmp_path, CPU(), 1 << 20, tmp_path / "keys" / "grading.key", lambda begins: None)

    return make


KNOWN = [Case(x=np.ones((2, 3), np.float32))]


def test_the_same_file_gets_the_same_inputs_and_another_one_others(trial):
    first, again, other = (trial(text).cases(3, KNOWN) for text in ("a = 1", "a = 1", "a = 2"))
    np.testing.assert_equal(first, again)
    assert not np.array_equal(first[0]["x"], other[0]["x"])


def test_another_key_draws_other_inputs(trial, tmp_path):
    first = trial("a = 1").cases(3, KNOWN)
    (tmp_path / "keys" / "grading.key").write_bytes(b"another key of thirty-two bytes.")
    assert not np.array_equal(first[0]["x"], trial("a = 1").cases(3, KNOWN)[0]["x"])


def test_the_known_inputs_are_kept_for_naming_mistakes(trial):
    made = trial("a = 1")
    made.cases(3, KNOWN)
    assert made.known(3) is KNOWN


def test_checks_come_in_an_order_that_is_drawn(trial, tmp_path):
    checks = list(range(20))
    first, again, other = (trial(text).arrange(3, checks) for text in ("a = 1", "a = 1", "a = 2"))
    assert first == again != other
    assert sorted(first) == sorted(other) == checks


def test_a_step_gets_the_solutions_before_it_and_no_others(trial):
    made = trial("a = 1")
    made.load(3)
    made.load(3)
    assert made.process.asked == [("solution", 1), ("solution", 2), ("import", 3)]


# Answers


class Script:
    """In the place of a channel: what the other side sends, message by message."""

    def __init__(self, *messages: object) -> None:
        self.messages = list(messages)
        self.sent: list[object] = []
        self.reading = self.writing = -1
        self.arrays = [np.float32([1.0, 2.0])]

    def send(self, message: object, arrays: object = ()) -> None:
        self.sent.append(message)

    def receive(self) -> tuple[object, list[np.ndarray]]:
        if not self.messages:
            raise Closed
        message = self.messages.pop(0)
        if isinstance(message, ChannelError):
            raise message
        return message, list(self.arrays)


@pytest.fixture
def process(monkeypatch):
    """A function that makes a process that answers so."""
    monkeypatch.setattr(Process, "close", lambda self: None)

    def make(*messages: object) -> Process:
        made = Process.__new__(Process)
        made.device, made.channel, made.callbacks = CPU(), Script(*messages), []
        made.compiled, made.compiling, made.on_compile, made.forgotten = 0, False, lambda begins: None, []
        return made

    return make


def test_values_come_back_as_what_they_were(process, device):
    value = ["tuple", [1, None, ["list", ["x", 2.5]], ["dict", {"a": True}]]]
    assert process(["value", value]).request("get", 0, "x") == (1, None, ["x", 2.5], {"a": True})
    tensor = process(["value", ["tensor", 0, "float32", True, "cpu"]]).request("get", 0, "x")
    assert isinstance(tensor, Tensor) and np.from_dlpack(tensor).tolist() == [1.0, 2.0]


def test_objects_are_stood_for(process):
    found = process(["value", ["object", 3, "module", "Thing", "a thing"]]).request("get", 0, "x")
    assert isinstance(found, Module) and type(found) is Remote and repr(found) == "a thing"


@pytest.mark.parametrize(
    "answer",
    [
        7,
        ["value"],
        ["value", ["tensor", 5, "float32", True, "cpu"]],
        ["value", ["object", "x", "module", "Thing", ""]],
        ["value", ["tensor", None, "no such type", True, "cpu"]],
        ["value", {"a": 1}],
        ["raised", [], "text", []],
        ["callback", 0, []],
        ["compiling", False],
        ["something", "else"],
    ],
    ids=str,
)
def test_nonsense_ends_the_trial(process, answer):
    with pytest.raises(Gone, match="protocol"):
        process(answer).request("get", 0, "x")


def test_who_is_gone_or_sends_what_is_no_message_is_gone(process):
    with pytest.raises(Gone, match="ended the whole program"):
        process().request("get", 0, "x")
    with pytest.raises(Gone, match=r"protocol \(too long\)"):
        process(ChannelError("too long")).request("get", 0, "x")


def test_what_a_submission_raises_is_raised_here_as_what_it_is(process):
    raised = ["raised", ["OwnError", "ValueError", "Exception"], "no", [["step_03.py", 4, "raise"]]]
    with pytest.raises(ValueError, match="no") as error:
        process(raised).request("get", 0, "x")
    assert error.value.trace == [{"file": "step_03.py", "line": 4, "code": "raise"}]


@pytest.mark.parametrize(
    "kinds", [["SystemExit", "BaseException"], ["Own", "Exception"], ["UnicodeDecodeError"], ["print"]]
)
def test_what_python_does_not_know_as_an_error_is_a_runtime_error(kinds):
    assert type(_exception(kinds, "why", [])) is RuntimeError


def test_lines_that_no_file_has_are_left_out():
    trace = [["step_03.py", line, "x"] for line in (0, -1, 1 << 40, "4", 4)]
    assert [frame["line"] for frame in _exception(["ValueError"], "", trace).trace] == [4]


def test_a_check_may_ask_for_the_defaults_of_a_function(process):
    asked = process(*[["value", ["dict", {"temperature": 1.0}]]] * 9)  # Python looks several times
    assert list(inspect.signature(Remote(asked, 0, "other", "f", "")).parameters) == ["temperature"]


def test_a_submission_that_writes_into_its_input_fails_the_check(process):
    with pytest.raises(CheckFailure, match="it with new values"):
        process(["changed"]).request("call", 0, [], {})


# The key


def test_the_key_is_the_owners_alone(tmp_path):
    path = tmp_path / "new" / "grading.key"
    assert secret.key(path) == secret.key(path) and len(secret.key(path)) == 32
    assert [each.stat().st_mode & 0o777 for each in path.parent.iterdir()] == [0o600]
    path.chmod(0o644)  # of an earlier version
    secret.key(path)
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_key_that_cannot_be_kept_is_told(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(Refusal, match="the key .* cannot be kept"):
        secret.key(tmp_path / "file" / "grading.key")


# What a submission may ask of this process


def asking(*arguments: object, times: int = 1) -> list[object]:
    return [["callback", 0, list(arguments)]] * times


def test_an_array_is_one_tensor(process):
    twice = ["list", [["tensor", 0, "float32", True, "cpu"]] * 2]
    with pytest.raises(Gone, match="protocol"):
        process(["value", twice]).request("get", 0, "x")


@pytest.mark.parametrize(("dtype", "most"), [(np.int64, "IDS_LIMIT"), (np.float32, "NUMBERS_LIMIT")])
def test_what_is_lent_is_asked_about_so_many_numbers_and_no_more(process, monkeypatch, dtype, most):
    monkeypatch.setattr(remote, most, 8)
    for size, is_right in ((8, True), (9, False)):
        asked = process(*asking(["tensor", 0, np.dtype(dtype).name, True, "cpu"]), ["value", 1])
        asked.callbacks = [lambda ids: 7]
        asked.channel.arrays = [np.zeros((1, size), dtype)]
        if is_right:
            assert asked.request("call", 0, [], {}) == 1 and asked.channel.sent[-1] == 7
        else:
            with pytest.raises(ValueError, match="about 9 numbers at once, which is more than 8"):
                asked.request("call", 0, [], {})


def test_what_is_lent_is_asked_so_many_times_and_no_more(process, monkeypatch):
    monkeypatch.setattr(remote, "CALLBACKS_LIMIT", 3)
    for times, is_right in ((3, True), (4, False)):
        asked = process(*asking(times=times), ["value", 1])
        asked.callbacks = [lambda: 7]
        if is_right:
            assert asked.request("call", 0, [], {}) == 1
        else:
            with pytest.raises(Gone, match="asks what it was lent 4 times"):
                asked.request("call", 0, [], {})


def test_what_is_lent_takes_so_long_and_no_longer(process, monkeypatch):
    monkeypatch.setattr(remote, "CALLBACKS_SECONDS", 0.01)
    asked = process(*asking(times=2), ["value", 1])
    asked.callbacks = [lambda: sum(range(1_000_000))]
    with pytest.raises(Gone, match="asks what it was lent 1 times"):
        asked.request("call", 0, [], {})


def test_this_process_has_a_limit_of_memory():
    script = """
import numpy as np
from course.grading.trial import session
session.MEMORY = 1 << 28
session.limit_memory()
np.ones(1 << 24)
try:
    np.ones(1 << 26)
except MemoryError:
    print("refused")
"""
    ran = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True)
    assert ran.stdout == "refused\n", ran.stderr
