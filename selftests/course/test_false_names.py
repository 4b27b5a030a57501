"""What only looks like a known mistake is not called by its name: no name is better than a false one."""

from dataclasses import dataclass

import pytest

from course.curriculum.catalogue import Answer
from course.curriculum.steps import step_path
from course.judging.run import judge


@dataclass(frozen=True)
class Lookalike:
    """A wrong answer, as edits of the solution, and words of a name that would be false."""

    step: int
    false: str
    edits: tuple[tuple[str, str], ...]


LOOKALIKES = {
    "a method, which nobody calls": Lookalike(1, "is not refused", (("    @property\n", ""),)),
    "refused, in other words": Lookalike(
        1,
        "is not refused",
        (
            ("    @property\n", ""),
            ("layer_norm_epsilon: float = 1e-5\n", "layer_norm_epsilon: float = 1e-5\n    head_dim: int = 64\n"),
            ("    def head_dim(self)", "    def per_head(self)"),
        ),
    ),
    "nearly zero": Lookalike(2, "all zeros", (('float("-inf")', "-1e-9"),)),
    "sliced at the key's place": Lookalike(
        7,
        "the key comes first",
        (
            (
                "query, key, value = F.split(qkv, [self.head_dim] * 3, axis=-1)",
                "size = self.head_dim\n        query, key = qkv[..., :size], qkv[..., size : 2 * size]\n"
                "        value = qkv[..., size : 2 * size]",
            ),
        ),
    ),
    "the key for the value": Lookalike(
        7, "does not come last", (("return query, key, value", "return query, key, key"),)
    ),
    "the normalized x twice": Lookalike(
        10,
        "the normalized x is added",
        (("return x + self.sublayer(self.norm(x))", "x = self.norm(x)\n        return x + x"),),
    ),
    "x twice and no sublayer": Lookalike(10, "x is added twice", (("self.sublayer(self.norm(x))", "x"),)),
    "one norm under two names": Lookalike(
        11,
        "gets ln_2's output",
        (("self.ln_2 = LayerNorm(config.n_embd, config.layer_norm_epsilon)", "self.ln_2 = self.ln_1"),),
    ),
    "one block too few": Lookalike(12, "has one block", (("range(config.n_layer)", "range(config.n_layer - 1)"),)),
}


@pytest.fixture(scope="module")
def named(tmp_path_factory) -> dict[str, set[str | None]]:
    """What the checks call each of them; as many at a time as there are steps."""
    found = {}
    waiting = dict(LOOKALIKES)
    while waiting:
        together = {waiting[id].step: id for id in reversed(waiting)}
        folder = tmp_path_factory.mktemp("steps")
        for step, id in together.items():
            answer = Answer(step, id, "", waiting.pop(id).edits)
            step_path(step, folder).write_text(answer.source(), encoding="utf-8")
        for result in judge(together, folder):
            assert not result.passed
            found[together[result.step]] = {check.mistake for check in result.checks}
    return found


@pytest.mark.parametrize("id", LOOKALIKES)
def test_what_looks_like_a_mistake_is_not_called_by_its_name(named, id):
    assert not any(LOOKALIKES[id].false in name for name in named[id] if name), named[id]
