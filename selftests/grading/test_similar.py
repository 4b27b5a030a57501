"""A copy with other names is found; answers that were found by themselves are not."""

from course.curriculum.steps import STEPS, read_source, solution_path
from course.curriculum.todos import skeleton
from course.grading.similar import pairs
from course.grading.simplified import clauses

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
# The same with dead statements, values in steps of their own, and what may be in another order in another order.
DISGUISED = """
import numpy as np
import math

def softmax(zs):
    'Turns scores into shares.'
    biggest = max(zs)
    debug = len(zs)
    shown = debug + 1
    es = [2.718281828 ** (z - biggest) for z in zs]
    all_of_it = sum(es)
    if all_of_it == 0:
        message = "nothing there"
        raise ValueError(message)
    result = [e / all_of_it for e in es]
    return result

def pick(zs, seed=None):
    c = 0.0
    point = np.random.random()
    p = softmax(zs)
    for i, one in enumerate(p):
        c = one + c
        found = point < c
        if found:
            print(i)
            return i
    last = 1
    return len(p) - last
"""
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
FURTHER = {f"further {number}": {14: f"y{number} = {number}\n"} for number in range(12)}
OTHERS = {f"other {number}": {14: f"def f{number}(x):\n" + f"    x = [x] * {number}\n" * 20} for number in range(4)}


def test_a_copy_with_other_names_is_found():
    (found,) = pairs({"ada": {14: ADA}, "eve": {14: COPY}, "bob": {14: BOB}, **OTHERS})
    assert (found.one, found.other) == ("ada", "eve") and found.similarity == 1.0 and found.steps == {14: 1.0}


def test_a_disguised_copy_is_found_and_shown_beside_its_original():
    (found,) = pairs({"ada": {14: ADA}, "eve": {14: DISGUISED}, "bob": {14: BOB}, **OTHERS})
    assert (found.one, found.other) == ("ada", "eve") and found.similarity > 0.9
    beside = {one.strip(): other.split() for one, other in found.fragments[14]}
    assert beside["return len(shares) - 1"] == "last = 1 return len(p) - last".split()


def test_a_step_is_found_that_alone_is_copied():
    own = {name: "".join(f"h({n}, {n * seed}, {seed})\n" for n in range(60)) for seed, name in enumerate("ae", 2)}
    found = [
        pairs({"ada": {14: one, 1: own["a"]}, "eve": {14: other, 1: own["e"]}, "bob": {14: "x"}, **OTHERS})
        for one, other in ((ADA + BOB, COPY + BOB), (ADA, COPY))
    ]  # the second is too short to be told from what two people find by themselves
    assert [[(pair.one, pair.other, pair.steps, pair.similarity < 0.7) for pair in each] for each in found] == [
        [("ada", "eve", {14: 1.0}, True)],
        [],
    ]


def test_steps_are_told_of_a_pair_that_is_alike_as_a_whole():
    own = {step: OTHERS[f"other {step}"][14] for step in (1, 2)}
    (found,) = pairs({"ada": {14: ADA, 1: own[1] * 9}, "eve": {14: COPY, 2: own[2] * 9}, "bob": {14: BOB}, **OTHERS})
    assert (found.one, found.other, found.steps) == ("ada", "eve", {14: 1.0})


def test_what_is_written_alike_is_found_where_the_code_is_the_solution_s():
    solved = skeleton(read_source(solution_path(12)), 12)[0]
    notes = "".join(f"# what I thought about line {number}\n" for number in range(12))
    (found,) = pairs({"ada": {12: solved + notes}, "eve": {12: solved + notes}, "bob": {12: solved}})
    assert (found.one, found.other, found.similarity) == ("ada", "eve", 1.0) and found.fragments == {12: []}


def test_earlier_submissions_are_compared_with_these_and_not_with_each_other():
    earlier = {"2025/a": {14: ADA}, "2025/b": {14: ADA}}
    found = pairs({"eve": {14: COPY}, "bob": {14: BOB}, **OTHERS, **FURTHER}, earlier)
    assert {(pair.one, pair.other) for pair in found} == {("2025/a", "eve"), ("2025/b", "eve")}


def test_who_has_worked_together_is_not_told():
    everybody = {"ada": {14: ADA}, "eve": {14: COPY}, "bob": {14: BOB}, **OTHERS}
    assert pairs(everybody, together=[frozenset({"eve", "ada"})]) == []


def test_a_statement_is_what_it_does():
    plain = "def f(x, y):\n    return g(x + y, key=x.shape[0] < 3)\n"
    other = """
from z import g as h
def f(a: int, *, b: str = "b") -> int:
    'Does it.'
    unused = a  # a comment
    total = b
    total += a
    shape = a.shape
    is_small = 3 > shape[0]
    print(total)
    return h(total, key=is_small)
    """
    assert [each.words for each in clauses(plain)][1:] == [each.words for each in clauses(other)][1:]
    assert clauses(other)[1].lines == (6, 7, 8, 9, 11)


def test_the_same_lines_in_another_step_are_not_the_same():
    assert pairs({"ada": {14: ADA}, "eve": {13: COPY}, **OTHERS}) == []


def test_the_solution_is_nobodys():
    solved = {step: read_source(solution_path(step)) for step in STEPS}
    assert pairs({"ada": solved, "eve": solved, "bob": {14: BOB}}) == []


def test_what_is_not_python_is_compared_all_the_same():
    (found,) = pairs({"ada": {14: ADA + "x = ((\n"}, "eve": {14: COPY + "x = ((\n"}, **OTHERS})
    assert found.similarity == 1.0
