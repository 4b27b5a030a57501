"""The script for a GPU that is at hand for minutes writes down what came of each stage, also of those that fail."""

import json

import pytest

from benchmarks.gpu import __main__ as gpu


@pytest.fixture
def results(tmp_path, monkeypatch):
    """Runs other stages, and returns what is in the file afterwards."""

    def run(seconds, **stages):
        monkeypatch.setattr(gpu, "STAGES", stages)
        gpu.main(tmp_path / "found.json", "cpu", seconds)
        return json.loads((tmp_path / "found.json").read_text())

    return run


def test_a_stage_that_fails_is_told_and_the_next_one_runs(results):
    found = results("60", bad=("-c", "raise SystemExit('no such card')"), good=("-c", "print('{\"same\": 4}')"))
    assert found["device"] == "cpu"
    assert found["bad"]["failed"] == "exit code 1" and "no such card" in found["bad"]["said"]
    assert found["good"]["same"] == 4


def test_a_stage_that_prints_no_result_has_failed(results):
    assert results("60", mute=("-c", "print('hello')"))["mute"]["failed"] == "it printed no result"


def test_what_takes_too_long_is_cut_off_and_keeps_what_it_said(results):
    slow = "print('begun', flush=True); import time; time.sleep(60)"
    found = results("2", slow=("-c", slow), late=("-c", "print({})"))
    assert found["slow"] | {"seconds": 2} == {"seconds": 2, "failed": "not done after 2 s", "said": "begun\n"}
    assert found["late"]["failed"] == "no time was left"


def test_the_results_so_far_are_there_before_the_next_stage_begins(results, tmp_path):
    read = f"import json; print(json.dumps({{'before': list(json.load(open({str(tmp_path / 'found.json')!r})))}}))"
    assert results("60", first=("-c", "print('{}')"), second=("-c", read))["second"]["before"] == ["device", "first"]


def test_tests_are_counted_and_their_faults_named(results, tmp_path):
    tests = tmp_path / "test_three.py"
    tests.write_text(
        "import os, pytest\n"
        "def test_one(): assert os.environ['COURSE_DEVICE'] == 'cpu'\n"
        "def test_two(): assert 1 == 2\n"
        "@pytest.mark.skip\n"
        "def test_three(): pass\n"
    )
    found = results("60", tests=("-m", "pytest", str(tests)))["tests"]
    assert (found["passed"], found["skipped"]) == (1, 1)
    ((name, fault),) = found["failed tests"].items()
    assert name.endswith("test_two") and fault.startswith("assert 1 == 2")
