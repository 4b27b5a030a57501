"""A copy with other names is found; answers that were found by themselves are not."""

from course.curriculum.steps import STEPS, read_source, solution_path
from course.grading.similar import pairs

# Three ways to write the same loops, none of them the solution's.
ADA = """
import numpy as np
def softmax(row):
    top = max(row)
    powers = [2.718281828 ** (value - top) for value in row]
    total = sum(powers)
    if total == 0:
        raise ValueError("no powers")
    return [power / total for power in powers]
def pick(row, seed=None):
    shares = softmax(row)
    point, reached = np.random.random(), 0.0
    for index, share in enumerate(shares):
        reached += share
        if reached > point:
            return index
    return len(shares) - 1
"""
COPY = ADA.replace("row", "scores").replace("powers", "exps").replace("share", "p").replace("reached", "c")
BOB = """
import numpy as np
class Sampler:
    def __init__(self, logits):
        self.logits = np.asarray(logits) - np.max(logits)
    def draw(self):
        weights = np.exp(self.logits)
        cumulative = np.cumsum(weights) / weights.sum()
        return int(np.searchsorted(cumulative, np.random.rand()))
def next_token(model, ids):
    while True:
        yield Sampler(model(ids)[0, -1]).draw()
"""
# As many others as it takes that two are not many.
OTHERS = {f"other {number}": {14: f"def f{number}(x):\n" + f"    x = [x] * {number}\n" * 20} for number in range(4)}


def test_a_copy_with_other_names_is_found():
    (found,) = pairs({"ada": {14: ADA}, "eve": {14: COPY}, "bob": {14: BOB}, **OTHERS})
    assert (found.one, found.other) == ("ada", "eve") and found.similarity == 1.0


def test_the_same_lines_in_another_step_are_not_the_same():
    assert pairs({"ada": {14: ADA}, "eve": {13: COPY}, **OTHERS}) == []


def test_the_solution_is_nobodys():
    solved = {step: read_source(solution_path(step)) for step in STEPS}
    assert pairs({"ada": solved, "eve": solved, "bob": {14: BOB}}) == []


def test_what_is_not_python_is_compared_all_the_same():
    (found,) = pairs({"ada": {14: ADA + "x = ((\n"}, "eve": {14: COPY + "x = ((\n"}, **OTHERS})
    assert found.similarity == 1.0
