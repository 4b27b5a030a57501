"""What may have been meant, told from the names that are there."""

import numpy as np
import pytest
from max.experimental import functional as F
from max.experimental.tensor import Tensor

from course.judging.suggestions import IMPORTS, owner, suggestion


def raised(code: str, **names: object) -> Exception:
    """What comes of code in which these names are known."""
    with pytest.raises(Exception) as caught:
        exec(code, names)
    return caught.value


class Layer:
    """Something with an attribute."""

    def __init__(self) -> None:
        self.weight = 1

    def forward(self, x: int) -> int:
        return x * weight  # noqa: F821


def attend(query: int, key: int) -> int:
    return query * keys  # noqa: F821


def alone(first: int) -> int:
    return first * unrelated  # noqa: F821


@pytest.mark.parametrize(
    "code, told",
    [
        ("np.sqrt(2)", "import numpy as np belongs at the top of the file."),
        ("attend(2, 3)", "Nothing is called keys here. Did you mean key?"),
        ("alone(2)", "Nothing is called unrelated here. The names in alone: first."),
        ("attend(2)", "Call it as attend(query, key)."),
        ("attend(2, 3, 4)", "Call it as attend(query, key)."),
        ("attend(2, value=3)", "Call it as attend(query, key)."),
        ("Layer(3)", "Call it as Layer()."),
        ("x.softmax()", "In MAX this is a function, not a method: F.softmax(x)."),
        ("x.reshap([2, 1])", "MAX's tensors have no reshap. Did you mean x.reshape?"),
        ("x.zzz", "MAX's tensors have no zzz."),
        ("F.softmaks(1)", "MAX has no F.softmaks. Did you mean F.softmax?"),
        ("Layer().wieght", "Did you mean weight?"),
        ("from max.nn import functional as F", "Write from max.experimental import functional as F."),
        ("from max.nn import zzz", None),
        ("Layer().zzz", None),
        ("1 / 0", None),
    ],
)
def test_what_may_have_been_meant(code, told, device):
    x = Tensor(np.ones(2, np.float32), device=device)
    assert suggestion(raised(code, x=x, F=F, Layer=Layer, attend=attend, alone=alone)) == told


def test_an_attribute_that_is_taken_for_a_name_has_an_owner():
    assert owner(raised("Layer().forward(2)", Layer=Layer)) == "self"
    assert owner(raised("alone(2)", alone=alone)) is None


@pytest.mark.parametrize("name", IMPORTS)
def test_what_belongs_at_the_top_of_the_file_gives_the_name(name):
    names: dict[str, object] = {}
    exec(IMPORTS[name], names)
    assert name in names
