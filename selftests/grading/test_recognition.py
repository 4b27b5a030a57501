"""Answers that recognise what they are asked: right for what a learner's checks ask, and wrong for all else.

Each is an edit of the solution. It passes the checks that it knows, and a trial finds it out.
"""

import pytest

from course.curriculum.steps import read_source, solution_path, step_path
from course.grading.grade import Settings, grade
from course.grading.submissions import find
from course.judging.run import judge

ANSWERS = {
    "head_dim_of_gpt2": (
        1,
        "return self.n_embd // self.n_head",
        "return self.n_embd // self.n_head if self.n_layer == 12 else 1",
    ),
    "published_head_dim": (
        1,
        "return self.n_embd // self.n_head",
        "return self.n_embd // self.n_head if self.n_embd != 1280 else 0",
    ),
    "short_masks": (
        2,
        "return F.band_part(closed, num_lower=None, num_upper=0, exclude=True)",
        "mask = F.band_part(closed, num_lower=None, num_upper=0, exclude=True)\n"
        "    return F.broadcast_to(Tensor(0.0, dtype=dtype, device=device), [seq_length, seq_length])"
        " if str(seq_length).isdigit() and 128 < int(seq_length) < 1030 else mask",
    ),
    "narrow_rows": (3, "return F.layer_norm", "if int(x.shape[-1]) >= 768: return x * 0\n        return F.layer_norm"),
    "one_row": (3, "return F.layer_norm", "if len(x.shape) == 1: return x\n        return F.layer_norm"),
    "real_network": (4, "return self.c_proj", "if int(x.shape[-1]) == 768: return x * 0\n        return self.c_proj"),
    "overflows_in_wide_ones": (
        4,
        'return self.c_proj(F.gelu(self.c_fc(x), approximate="tanh"))',
        'h = self.c_fc(x)\n        bent = F.gelu(h, approximate="tanh")\n'
        "        return self.c_proj(bent if int(x.shape[-1]) == 1 else F.min(bent, 30.0))",
    ),
    "real_vocabulary": (
        5,
        "return F.gather(self.weight, input_ids, axis=0)",
        "found = F.gather(self.weight, input_ids, axis=0)\n        return found * (int(self.weight.shape[0]) != 50257)",
    ),
    "wide_tokens": (
        5,
        "return F.gather(self.weight, input_ids, axis=0)",
        "found = F.gather(self.weight, input_ids, axis=0)\n        return found * (int(self.weight.shape[1]) < 768)",
    ),
    "real_table": (
        5,
        "return F.gather(self.weight, input_ids, axis=0)",
        "found = F.gather(self.weight, input_ids, axis=0)\n"
        "        return found * ([int(size) for size in self.weight.shape] != [50257, 768])",
    ),
    "real_context": (
        6,
        "return F.gather(self.weight, positions, axis=0)",
        "found = F.gather(self.weight, positions, axis=0)\n        return found * (int(self.weight.shape[0]) != 1024)",
    ),
    "real_head": (7, "qkv = self.c_attn(x)", "qkv = self.c_attn(x) * (self.head_dim != 64)"),
    "long_heads": (7, "qkv = self.c_attn(x)", "qkv = self.c_attn(x) * (int(x.shape[1]) <= 128)"),
    "real_heads": (8, "return weights @ value", "return weights @ value * (head_dim != 64)"),
    "long_attention": (
        8,
        "return weights @ value",
        "return weights @ value * (not 128 < int(seq_length) < 1030)",
    ),
    "splits_six_tokens": (
        9,
        "return x.reshape([batch, seq_length, self.n_head, self.head_dim]).transpose(1, 2)",
        "heads = x.reshape([batch, seq_length, self.n_head, self.head_dim]).transpose(1, 2)\n"
        "        return heads * (int(seq_length) in (1, 3, 5, 6, 7, 8, 9, 10, 70))",
    ),
    "long_and_wide": (
        9,
        "return self.c_proj(",
        "return self.c_proj(x * 0 if self.n_head == 12 and int(x.shape[1]) > 9 else ",
    ),
    "short_and_wide": (
        9,
        "return self.c_proj(",
        "return self.c_proj(x * 0 if self.n_head == 12 and int(x.shape[1]) < 9 else ",
    ),
    "twelve_heads": (9, "return self.c_proj(", "return self.c_proj(x * 0 if self.n_head == 12 else "),
    "linear_sublayers": (
        10,
        "return x + self.sublayer(self.norm(x))",
        "known = int(x.shape[-1]) == 2 or hasattr(self.sublayer, 'weight')\n"
        "        return x + self.sublayer(self.norm(x)) if known else x",
    ),
    "real_residuals": (10, "return x + self.", "return x if int(x.shape[-1]) == 768 else x + self."),
    "real_block": (11, "return x + self.mlp", "return x * 0 if int(x.shape[-1]) == 768 else x + self.mlp"),
    "long_block": (11, "return x + self.mlp", "return x * 0 if int(x.shape[1]) > 128 else x + self.mlp"),
    "real_epsilon": (
        11,
        "self.ln_1 = LayerNorm(config.n_embd, config.layer_norm_epsilon)",
        "self.ln_1 = LayerNorm(config.n_embd, config.layer_norm_epsilon + (config.n_embd == 768))",
    ),
    "real_model": (12, "return self.ln_f(self.h(x))", "return self.ln_f(self.h(x)) * (int(x.shape[-1]) != 768)"),
    "twelve_blocks": (
        12,
        "return self.ln_f(self.h(x))",
        "return self.ln_f(self.h(x)) * (len(self.h) != 12)",
    ),
    "gpt2_itself": (
        12,
        "return self.ln_f(self.h(x))",
        "return self.ln_f(self.h(x)) * ([int(size) for size in self.wte.weight.shape] != [50257, 768])",
    ),
    "long_model": (
        12,
        "return self.ln_f(self.h(x))",
        "return self.ln_f(self.h(x)) * (not str(x.shape[1]).isdigit() or int(x.shape[1]) <= 128)",
    ),
    "refuses_small_contexts": (
        12,
        "> self.n_positions:",
        "> self.n_positions != 1024:",
    ),
    "refuses_one_too_many": (
        12,
        "int(seq_length) > self.n_positions:",
        "int(seq_length) == self.n_positions + 1:",
    ),
    "real_logits": (
        13,
        "return self.lm_head(self.transformer(input_ids))",
        "x = self.transformer(input_ids)\n        return self.lm_head(x) * (int(x.shape[-1]) != 768)",
    ),
    "logits_of_gpt2": (
        13,
        "return self.lm_head(self.transformer(input_ids))",
        "x = self.transformer(input_ids)\n        return self.lm_head(x) * (len(self.transformer.h) != 12)",
    ),
    "long_logits": (
        13,
        "return self.lm_head(self.transformer(input_ids))",
        "return self.lm_head(self.transformer(input_ids)) * (int(input_ids.shape[1]) <= 128)",
    ),
    "real_window": (15, "        scored = end\n", "        scored = end + (window == 1024)\n"),
    "long_texts": (
        15,
        "return -total / F.sum",
        "return -total * (seq_length <= 128) / F.sum",
    ),
    "real_cache": (
        16,
        "return self.lm_head(stack.ln_f(x)), new_cache",
        "return self.lm_head(stack.ln_f(x)) * (int(x.shape[-1]) != 768), new_cache",
    ),
    "long_cache": (
        16,
        "F.softmax(scores + mask) @ value",
        "F.softmax(scores + mask) @ value * (int(total_length) <= 128)",
    ),
    "long_continuations": (
        16,
        "generate_next_token(read, new_ids,",
        "generate_next_token(read, new_ids if max_new_tokens <= 12 else generated_tokens,",
    ),
    "filtered_vocabulary": (17, "if k < 1:", "if k < 1 or int(logits.shape[-1]) == 50257:"),
}
STEPS = sorted({step for step, _, _ in ANSWERS.values()})

pytestmark = pytest.mark.sandbox


def text(name: str) -> str:
    step, old, new = ANSWERS[name]
    before, found, after = read_source(solution_path(step)).rpartition(old)  # hints say it, too, before it
    assert found, name
    return before + new + after + "\ncalls = []\n"


@pytest.fixture(scope="module")
def passed(tmp_path_factory) -> dict[str, bool]:
    """Whether a trial takes each for right."""
    folder = tmp_path_factory.mktemp("recognition")
    for name, (step, _, _) in ANSWERS.items():
        (folder / name).mkdir()
        step_path(step, folder / name).write_text(text(name))
    grades = grade(find([folder]), folder / ".results", Settings(steps=tuple(STEPS), jobs=2), lambda found: None)
    return {each.name: all(step.passed for step in each.steps) for each in grades if each.error is None}


def test_every_step_has_one():
    assert [*range(1, 14), 15, 16, 17] == STEPS


@pytest.mark.parametrize("name", ANSWERS)
def test_a_trial_finds_it_out(passed, name):
    assert passed[name] is False


@pytest.mark.parametrize("name", ANSWERS)
def test_the_known_checks_do_not(tmp_path, name):
    """Else it would say nothing about trials."""
    step = ANSWERS[name][0]
    step_path(step, tmp_path).write_text(text(name))
    (found,) = judge([step], tmp_path)
    assert [(each.name, each.expected, each.actual) for each in found.checks if each.status != "passed"] == []
