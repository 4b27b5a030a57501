"""Steps that are judged in two processes are all judged, stand in their order, and end together."""

import os
import threading
from pathlib import Path

import pytest

from course.judging import parallel
from course.judging.process import Cancelled
from course.judging.verdicts import StepResult
from course.refusal import Refusal


@pytest.fixture(autouse=True)
def two_processors(monkeypatch):
    monkeypatch.setattr(os, "cpu_count", lambda: 2)


def test_steps_come_in_the_order_asked_for_and_are_shared_out(monkeypatch):
    shares = []

    def judge(steps, folder, cancelled, timeout):
        shares.append((steps, folder, timeout))
        return [StepResult(step, f"step_{step:02}.py", [], 0.0, [], "") for step in steps]

    monkeypatch.setattr(parallel, "judge", judge)
    results = parallel.judge_in_parallel([3, 1, 2, 14, 8], Path("handed_in"), timeout=7.0)
    assert [result.step for result in results] == [3, 1, 2, 14, 8]
    assert sorted(shares) == [([1, 14], Path("handed_in"), 7.0), ([3, 2, 8], Path("handed_in"), 7.0)]


def test_a_refusal_ends_the_other_share_and_is_told(monkeypatch):
    ended = threading.Event()

    def judge(steps, folder, cancelled):
        if 2 in steps:
            raise Refusal("steps/step_02.py is not there")
        assert cancelled.wait(10)
        ended.set()
        raise Cancelled

    monkeypatch.setattr(parallel, "judge", judge)
    with pytest.raises(Refusal, match=r"step_02.py is not there"):
        parallel.judge_in_parallel([1, 2], None)
    assert ended.is_set()


def test_ctrl_c_ends_both_shares(monkeypatch):
    ended = []

    def judge(steps, folder, cancelled):
        assert cancelled.wait(10)
        ended.append(steps)
        raise Cancelled

    def interrupted(shares, return_when):
        raise KeyboardInterrupt

    monkeypatch.setattr(parallel, "judge", judge)
    monkeypatch.setattr(parallel, "wait", interrupted)
    with pytest.raises(KeyboardInterrupt):
        parallel.judge_in_parallel([1, 2], None)
    assert sorted(ended) == [[1], [2]]


def test_one_step_needs_no_thread(monkeypatch):
    monkeypatch.setattr(parallel, "judge", lambda steps, folder: [threading.current_thread()])
    assert parallel.judge_in_parallel([5], None) == [threading.main_thread()]
