"""Step 01: the configuration has GPT-2's fields and defaults, and shares the features out."""

import numpy as np
import pytest

from compare import CheckFailure, assert_value_error

PUBLISHED = {
    "vocab_size": 50257,
    "n_positions": 1024,
    "n_embd": 768,
    "n_layer": 12,
    "n_head": 12,
    "n_inner": 3072,
    "layer_norm_epsilon": 1e-5,
}

# n_embd and n_head, where a head gets a whole number of features and where it does not; and the
# sizes of another model, of which none follows from another one, as n_inner does in the published one.
KNOWN = {
    "even": np.array([[768, 12], [1600, 25], [20, 4], [7, 7]]),
    "uneven": np.array([[20, 3], [768, 11], [4, 8]]),
    "sizes": np.array([37, 48, 20, 2, 4, 28]),
}


@pytest.mark.todo(1)
def test_the_seven_fields_are_there(step):
    """The configuration has the seven fields, in their order, and is frozen"""
    found = list(getattr(step.GPT2Config, "__dataclass_fields__", ()))
    if missing := PUBLISHED.keys() - set(found):
        # Those that are attributes of the class all the same: a dataclass overlooks a line without a type.
        untyped = [name for name in missing if hasattr(step.GPT2Config, name)]
        raise CheckFailure(
            f"the fields {', '.join(PUBLISHED)}",
            f"no {', '.join(sorted(missing))}",
            f"A field has a type: a dataclass overlooks {untyped[0]} = ..., which has no type." if untyped else None,
            observed=[len(untyped) == len(missing)],
        )
    if (order := [name for name in found if name in PUBLISHED]) != list(PUBLISHED):
        raise CheckFailure(f"the fields in this order: {', '.join(PUBLISHED)}", ", ".join(order))
    if not step.GPT2Config.__dataclass_params__.frozen:
        help = "The skeleton's decorator, @dataclass(frozen=True), forbids it."
        raise CheckFailure("a configuration that nobody can change", "one whose fields can be set", help)


@pytest.mark.todo(1)
def test_defaults_are_the_published_model(step):
    """The defaults are those of the published 124M model"""
    config = step.GPT2Config()
    for name, wanted in PUBLISHED.items():
        found = getattr(config, name, None)
        if type(found) is not type(wanted) or found != wanted:
            raise CheckFailure(f"{name} = {wanted!r}", f"{name} = {found!r}")


@pytest.mark.todo(1)
def test_every_field_can_be_chosen(step, expected):
    """Every field can be given another value, by name"""
    chosen = dict(zip(PUBLISHED, [*expected["sizes"].tolist(), 0.1], strict=True))
    config = step.GPT2Config(**chosen)
    for name, wanted in chosen.items():
        if (found := getattr(config, name, None)) != wanted:
            raise CheckFailure(f"{name} = {wanted!r}, which was asked for", f"{name} = {found!r}")


@pytest.mark.todo(2)
def test_heads_share_the_features(step, expected):
    """A head gets n_embd / n_head features, a whole number"""
    for n_embd, n_head in expected["even"].tolist():
        head_dim = n_embd // n_head
        found = step.GPT2Config(n_embd=n_embd, n_head=n_head).head_dim
        if type(found) is not int or found != head_dim:
            raise CheckFailure(
                f"head_dim {head_dim} for n_embd {n_embd} and n_head {n_head}",
                repr(found),
                "`/` gives a float, `//` an int." if isinstance(found, float) else None,
            )


@pytest.mark.todo(2)
def test_uneven_heads_are_refused(step, expected):
    """n_embd that is not a multiple of n_head is refused, and the message names both"""
    for n_embd, n_head in expected["uneven"].tolist():
        sizes = {"n_embd": n_embd, "n_head": n_head}
        assert_value_error(lambda sizes=sizes: step.GPT2Config(**sizes).head_dim, n_embd, n_head)
