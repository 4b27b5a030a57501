"""GPT-2 as it was published: all of its sizes at once."""

from functools import cache

import numpy as np

from compare import assert_close, load_parameters, tensor
from course.grading.trial import drawing, oracle


def assert_published_model_is_right(make, prefix, device, rng):
    """The model that ``make`` makes of GPT-2's own configuration gives what it must: hidden vectors, or logits.

    Args:
        prefix: what the names of the stack's parameters begin with; where it is "", hidden vectors are expected.
    """
    case = drawing.published_model(rng)
    parameters = {f"{prefix}{name}": array for name, array in case.parameters.items()}
    exact = cache(lambda name: parameters[name].astype(np.float64))  # once for all blocks, which share them
    blocks = {name: exact(prefix + "h.0." + name.split(".", 2)[2]) for name in case.parameters if name.startswith("h.")}
    wanted = oracle.stack(case["input_ids"], {**case.parameters, **blocks}, case.config.n_head, 1e-5)
    if prefix:
        wanted = oracle.scores(wanted, case["wte.weight"])
    model = load_parameters(make(case.config), parameters, device)
    assert_close(model(tensor(case["input_ids"], device)), wanted, 1e-3, device)
