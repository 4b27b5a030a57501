"""The process in the sandbox by itself: what it answers, and what it may use up."""

import json
import re
import subprocess
import sys

import numpy as np
import pytest
from max.driver import CPU

from course.curriculum.steps import ROOT
from course.grading.inside.channel import Channel
from course.grading.inside.child import Child, _described
from course.grading.inside.limits import FILES

STEP = b"""
import numpy as np
from max.experimental.tensor import Tensor

number = 7
def double(x): return x + x
def add(x, *, other=1): return x + other
def fail(): raise ValueError("no such thing")
class Thing:
    def __repr__(self): return "a thing " * 1000
def thing(): return Thing()
def pair(): return (1, [2.5, "three", None])
def write(x):
    x[:, 0:1] = x[:, 0:1] * 2.0
    return x
"""


@pytest.fixture
def child():
    """A child whose step 02 has been imported, and its module's number."""
    made = Child(Channel(-1, -1), CPU())
    answer, _ = made._answer(["import", 2, STEP.decode("latin-1")], [])
    assert answer[0] == "value" and answer[1][0] == "object"
    return made, answer[1][1]


def ask(child, *request, arrays=()):
    return child._answer(list(request), list(arrays))


def function(child, module: int, name: str) -> int:
    answer, _ = ask(child, "get", module, name)
    return answer[1][1]


def test_plain_values_come_as_they_are(child):
    made, module = child
    assert ask(made, "get", module, "number")[0] == ["value", 7]
    assert ask(made, "call", function(made, module, "pair"), [], {})[0] == [
        "value",
        ["tuple", [1, ["list", [2.5, "three", None]]]],
    ]


def test_tensors_come_as_their_numbers(child, device):
    made, module = child
    made.device = device
    answer, arrays = ask(
        made, "call", function(made, module, "double"), [["array", 0]], {}, arrays=[np.float32([1.0, 2.0])]
    )
    assert answer[1][:4] == ["tensor", 0, "float32", True]
    np.testing.assert_array_equal(arrays[0], [2.0, 4.0])


def test_other_objects_stay_and_their_texts_are_cut(child):
    made, module = child
    kind, _, what, name, text = ask(made, "call", function(made, module, "thing"), [], {})[0][1]
    assert (kind, what, name) == ("object", "other", "Thing") and len(text) == 500


def test_defaults_are_told_where_they_are_numbers(child):
    made, module = child
    assert ask(made, "defaults", function(made, module, "add"))[0] == ["value", ["dict", {"other": 1}]]


def test_what_a_step_raises_is_described_with_its_own_lines(child):
    made, module = child
    answer, _ = ask(made, "call", function(made, module, "fail"), [], {})
    kind, kinds, text, trace = answer
    assert (kind, kinds[0], text) == ("raised", "ValueError", "no such thing")
    assert [frame[2] for frame in trace] == ['def fail(): raise ValueError("no such thing")']


@pytest.mark.parametrize(
    "request_", [["nonsense"], ["call", "one", [], {}], ["get", 0], ["call", 0, [["what", 1]], {}], ["get", 99, "x"]]
)
def test_what_is_no_request_is_answered_by_what_it_raises(child, request_):
    made, _ = child
    answer, arrays = ask(made, *request_)
    assert answer[0] == "raised" and arrays == []


def test_an_exception_without_a_text_is_described_all_the_same():
    class Silent(Exception):
        def __str__(self) -> str:
            raise RuntimeError

    assert _described(Silent())[1] == ""


LIMITED = """
import json, os
from pathlib import Path
from course.grading.inside.limits import limit
limit(memory=64 << 20)
print(json.dumps(Path("/proc/self/limits").read_text()))
try:
    bytearray(1 << 30)
except MemoryError:
    print("no more memory")
try:
    os.pipe()
except PermissionError:
    print("no more pipes")
"""


def test_limits_hold_in_the_process_that_sets_them():
    ran = subprocess.run([sys.executable, "-c", LIMITED], cwd=ROOT, capture_output=True, text=True)
    limits, *told = ran.stdout.splitlines() or [ran.stderr]
    assert told == ["no more memory", "no more pipes"], ran.stderr
    most = {"open files": FILES, "core file size": 1, "file size": 0, "msgqueue size": 0}
    for name, value in most.items():
        assert re.search(rf"^Max {name} +{value} +{value} ", json.loads(limits), re.MULTILINE), name


def test_a_call_that_writes_into_its_argument_is_told(child):
    made, module = child
    arrays = [np.float32([[1.0, 2.0]])]
    assert ask(made, "call", function(made, module, "double"), [["array", 0]], {}, arrays=arrays)[0][0] == "value"
    written = ask(made, "call", function(made, module, "write"), [["array", 0]], {}, arrays=arrays)
    assert written == (["changed"], [])
