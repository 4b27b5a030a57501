"""Step 19: weights become the whole numbers and scales that float64 gives, and a GPT-2 of them predicts nearly as well.

No weight lies so near to the middle between two whole numbers that float32 could round it to either. The scale of a
row of zeros may be any number above 0.
"""

from dataclasses import asdict

import numpy as np
import pytest
from max.driver import CPU
from max.dtype import DType
from max.experimental.tensor import Tensor

from compare import CheckFailure, assert_close, assert_gives, assert_shape, listed, load_parameters, tensor
from course.curriculum.steps import STORYTELLER
from course.grading.trial import drawing, oracle
from course.judging.case import Case
from gpt2.checkpoint import open_checkpoint, weights_of
from gpt2.tokenizer import load_tokenizer

SLACK = 1e-3  # how much more than half a scale rounding in float32 may add, in scales
SHARE = 0.01  # that the perplexity may change by, in proportion
STORY = "Once upon a time, there was a squirrel who lived by the sea. Every morning, she"

KNOWN = drawing.draw_weights(np.random.default_rng(19))[:3]  # what is as wide as GPT-2 is left to trials

# Scales of 0.01, 2 and 0.5, and what is left of each weight. The largest of a row is negative, positive, negative.
WEIGHT = np.float32([[0.5, -1.27, 0.304, -0.107], [254.0, -31.2, 3.2, 0.9], [-31.9, 7.3, -63.5, 44.6]])
NUMBERS = np.int8([[50, -127, 30, -11], [127, -16, 2, 0], [-64, 15, -127, 89]])
SCALES = np.array([0.01, 2.0, 0.5])


def whole_numbers(result, device, what="the whole numbers"):
    """A learner's int8 tensor as an array."""
    if not isinstance(result, Tensor):
        raise CheckFailure(f"{what} as a Tensor", "None" if result is None else type(result).__name__)
    if result.dtype != DType.int8:
        raise CheckFailure(f"{what} in int8", str(result.dtype))
    if result.device != device:
        raise CheckFailure(f"{what} on {device}, where the weight is", f"them on {result.device}")
    return np.array(np.from_dlpack(result.to(CPU())))


def assert_numbers(result, wanted, device, what="the whole numbers"):
    array = whole_numbers(result, device, what)
    if array.shape != wanted.shape:
        raise CheckFailure(f"{what} of shape {list(wanted.shape)}", f"shape {list(array.shape)}", observed=array)
    if (wrong := np.argwhere(array != wanted)).size:
        place = tuple(wrong[0].tolist())
        raise CheckFailure(
            f"{what}[{', '.join(map(str, place))}] = {wanted[place]}",
            f"{array[place]}; {len(wrong)} of {array.size} are off",
            observed=array,
        )


def quantized(step, weight, device):
    """The whole numbers and the scales that the step makes of a weight."""
    result = step.quantize(tensor(weight, device))
    if not isinstance(result, (tuple, list)) or len(result) != 2:
        came = f"{len(result)} of them" if isinstance(result, (tuple, list)) else type(result).__name__
        raise CheckFailure("a tuple of two: the whole numbers and the scales", came)
    return result


def assert_scales(scales, wanted, device, matters=True):
    """The scales that matter are these, in proportion: they are compared as multiples of what they should be."""
    found = assert_shape(scales, wanted.shape, device, "the scales") / wanted
    assert_close(
        tensor(np.float32(found), device),
        np.where(matters, np.ones(len(wanted)), np.nan),
        1e-5,
        device,
        "the scales, as multiples of the right ones,",
    )


# Quantization


@pytest.mark.todo(1)
def test_the_largest_of_each_row_becomes_127(step, device):
    """The scale of a row is its largest absolute value divided by 127, in each row its own"""
    _, scales = quantized(step, WEIGHT, device)
    assert_close(scales, SCALES, 1e-5, device, "the scales")


@pytest.mark.todo(2)
def test_weights_are_rounded_to_the_nearest_number(step, device):
    """Each weight, divided by its row's scale, is rounded to the nearest whole number, in int8"""
    numbers, _ = quantized(step, WEIGHT, device)
    assert_numbers(numbers, NUMBERS, device)


@pytest.mark.todo(1, 2)
def test_weights_of_any_shape_are_quantized(step, device, cases):
    """Weights of any shape, wide and tall ones, become the numbers and scales of the formula"""
    for case in cases:
        numbers, scales = quantized(step, case["w"], device)
        assert_numbers(numbers, case["numbers"], device)
        assert_scales(scales, case["scales"], device)


@pytest.mark.todo(1)
def test_a_row_of_zeros_stays_zero(step, device):
    """A row of zeros becomes zeros, and its scale is a number above 0, for it is divided by"""
    weight, numbers = WEIGHT.copy(), NUMBERS.copy()
    weight[1] = numbers[1] = 0
    found, scales = quantized(step, weight, device)
    assert_numbers(found, numbers, device)
    right = np.where(np.arange(3) == 1, np.nan, SCALES)  # of the row of zeros any will do
    assert_close(scales, right, 1e-5, device, "the scales")
    scale = np.from_dlpack(scales.to(CPU()))[1].item()
    if not 0 < scale < np.inf:
        raise CheckFailure("a scale above 0 for a row of zeros", f"{scale}", observed=[scale])


@pytest.mark.todo(1, 2)
def test_an_outlier_spoils_its_own_row_alone(step, device):
    """One weight that is 1,000 times as large costs its own row the small weights, and no other row anything"""
    weight, numbers = WEIGHT.copy(), NUMBERS.copy()
    weight[0, 1], numbers[0] = 1270.0, [0, 127, 0, 0]
    found, scales = quantized(step, weight, device)
    assert_numbers(found, numbers, device)
    assert_close(scales, np.array([10.0, 2.0, 0.5]), 1e-5, device, "the scales")


@pytest.mark.todo(2, 1)
@pytest.mark.parametrize("magnitude", [1e-6, 1.0, 1e6])
def test_no_number_is_beyond_127(step, device, magnitude):
    """However large or small the weights are, 127 and -127 are the largest numbers; -128 is none"""
    weight = np.float32(WEIGHT * magnitude)
    numbers, _ = quantized(step, np.concatenate([weight, -weight]), device)
    assert_numbers(numbers, np.concatenate([NUMBERS, -NUMBERS]), device)


@pytest.mark.todo(3)
def test_each_row_is_multiplied_by_its_scale(step, device):
    """dequantize gives each number times the scale of its row, in float32"""
    numbers = np.int8([[3, -127, 0], [100, 7, -1]])
    result = step.dequantize(tensor(numbers, device), tensor(np.float32([0.5, 2.0]), device))
    assert_close(result, np.array([[1.5, -63.5, 0.0], [200.0, 14.0, -2.0]]), 1e-5, device)


@pytest.mark.todo(3, 2, 1)
def test_no_weight_moves_by_more_than_half_a_scale(step, device, cases):
    """A weight that is quantized and dequantized is off by at most half a scale of its row"""
    for case in cases:
        numbers, scales = quantized(step, case["w"], device)
        result = step.dequantize(numbers, scales)
        assert_close(result, oracle.dequantize(case["numbers"], case["scales"]), 1e-4, device, "the weights")
        array = np.array(np.from_dlpack(result.to(CPU())))
        moved = np.abs(array - case["w"]) / case["scales"][:, None]
        if moved.max() > 0.5 + SLACK:
            raise CheckFailure("weights that move by half a scale at most", f"{moved.max():.3f} scales", observed=array)


# The layer


@pytest.mark.todo(4)
def test_the_layer_keeps_int8(step, device):
    """The layer's parameters are weight in int8, scales and bias; there is no float32 weight beside them"""
    layer = step.Int8Linear(tensor(WEIGHT, device), tensor(np.float32([3.0, -1.0, 2.0]), device))
    assert_parameters(layer, {"weight": [3, 4], "scales": [3], "bias": [3]})
    assert_numbers(layer.weight, NUMBERS, device, "weight")
    assert_close(layer.scales, SCALES, 1e-5, device, "scales")
    assert_close(layer.bias, np.array([3.0, -1.0, 2.0]), 1e-6, device, "bias")


@pytest.mark.todo(5, 4)
def test_the_layer_gives_columns_of_its_weights(step, device):
    """Of an input that is 1 in one place and 0 elsewhere the layer makes a column of weights, plus the bias"""
    bias = np.array([3.0, -1.0, 2.0])
    layer = step.Int8Linear(tensor(WEIGHT, device), tensor(np.float32(bias), device))
    result = layer(tensor(np.eye(4, dtype=np.float32)[:, None], device))  # [4, 1, 3]
    assert_close(result, (NUMBERS * SCALES[:, None]).T[:, None] + bias, 1e-5, device)


@pytest.mark.todo(5, 4)
def test_the_layer_multiplies_what_it_is_given(step, device, cases):
    """For any input the layer gives its product with the weights that are kept, plus the bias"""
    layers = [step.Int8Linear(tensor(case["w"], device), tensor(case["b"], device)) for case in cases]
    for layer, case in zip(layers, cases):
        assert_gives(layer, case["x"], case["output"], 1e-4, device)


# The model


@pytest.mark.todo(6, 4)
def test_the_layers_of_the_blocks_are_replaced(step, device, expected):
    """Each linear layer of each block has weight, scales and bias; all other parameters stay"""
    model = int8_model(step, expected, device)
    shapes = {name: list(array.shape) for name, array in expected.parameters.items()}
    scales = {
        f"{name.removesuffix('weight')}scales": shape[:1] for name, shape in shapes.items() if oracle.is_linear(name)
    }
    assert_parameters(model, {**shapes, **scales})


@pytest.mark.todo(6, 5)
def test_the_model_computes_with_what_is_kept(step, device, cases):
    """The logits are those of a GPT-2 whose blocks have the quantized weights, and whose tables and norms stay"""
    for case in cases[:2]:
        model = int8_model(step, case, device)
        assert_close(model(tensor(case["input_ids"], device)), case["logits"], 1e-4, device, "the logits")


@pytest.mark.todo(6, 5, 4)
def test_the_perplexity_hardly_moves(step, device, story):
    """The story model's perplexity, as step 15 measures it, stays within 1 in 100 of what it was"""
    from solutions.solution_15 import perplexity

    window = story.config.n_positions
    result = perplexity(int8_model(step, story, device), tensor(story["input_ids"], device), window, window - 1)
    wanted = story["perplexity"].item()
    if not abs(result - wanted) <= SHARE * wanted:
        raise CheckFailure(f"a perplexity near {wanted:.6g}", f"{result:.6g}", observed=[result])


@pytest.fixture(scope="module")
def story():
    """The checkpoint that comes with the course, a text, and the perplexity of the text in float64."""
    checkpoint = open_checkpoint(STORYTELLER)
    tokenizer = load_tokenizer(checkpoint.folder, checkpoint.config.vocab_size)
    case = Case({name: np.array(value) for name, value in asdict(checkpoint.config).items()})
    case |= {name: np.asarray(weight) for name, weight in weights_of(checkpoint).items()}
    ids = np.array([tokenizer.encode(STORY).ids])
    logits = oracle.language_model(ids, case, checkpoint.config.n_head, checkpoint.config.layer_norm_epsilon)
    return Case(case | {"input_ids": ids, "perplexity": np.exp(-oracle.log_probabilities(logits, ids).mean())})


def int8_model(step, case, device):
    """Step 13's model with the parameters of a case, after quantize_model."""
    model = load_parameters(step.GPT2LMHeadModel(case.config), case.parameters, device)
    step.quantize_model(model)
    return model


def assert_parameters(module, wanted):
    """The parameters have these names and shapes, by name."""
    found = {name: list(map(int, value.shape)) for name, value in module.parameters}
    if missing := sorted(wanted.keys() - found.keys()):
        raise CheckFailure(f"parameters named {listed(missing)}", f"none; there are {listed(sorted(found))}")
    if extra := sorted(found.keys() - wanted.keys()):
        raise CheckFailure(f"no parameters but {listed(sorted(wanted))}", f"{listed(extra)} as well")
    for name, shape in wanted.items():
        if found[name] != shape:
            raise CheckFailure(f"{name} of shape {shape}", f"shape {found[name]}")
