"""The model with a cache computes what the model without one does, however a text is cut and batched."""

import numpy as np
import pytest
from max.driver import CPU
from max.dtype import DType
from max.experimental.tensor import Tensor, default_dtype

from gpt2.checkpoint import open_checkpoint
from gpt2.cpu.model import load_cpu_model
from gpt2.gpu import load_gpu_model
from gpt2.loading import load_cached_model, load_model

TEXT = [72, 5, 256, 5, 131, 9, 0, 1023, 44]
SHORT = [1, 88, 240]


@pytest.fixture(scope="module", params=["cpu", "gpu"])
def cached_model(request, folder, device):
    """The two models with a cache: that for GPUs runs on any device."""
    checkpoint = open_checkpoint(str(folder))
    return load_cpu_model(checkpoint, "float32") if request.param == "cpu" else load_gpu_model(checkpoint, device)


@pytest.fixture(scope="module")
def naive(model, device):
    """Logits of the next token after each of a text's tokens [seq_length, vocab_size], without a cache."""
    return lambda ids: np.from_dlpack(model(Tensor(np.array([ids]), device=device)).to(CPU()))[0]


def grown(cached_model, prompt, rest):
    """Logits after the prompt, and after each further token."""
    logits, cache = cached_model.start([prompt], capacity=len(prompt) + len(rest))
    return [logits[0]] + [cached_model.extend(np.array([[id]]), cache)[0] for id in rest]


@pytest.mark.parametrize("cut", [1, 4, 8])
def test_prefill_and_decode_give_the_logits_of_the_naive_model(cached_model, naive, cut):
    expected = naive(TEXT)[cut - 1 :]
    assert np.abs(expected).max() > 1  # so that the tolerance means something
    np.testing.assert_allclose(grown(cached_model, TEXT[:cut], TEXT[cut:]), expected, atol=1e-4)


def test_several_tokens_extend_a_text_at_once(cached_model, naive):
    _, cache = cached_model.start([TEXT[:3]], capacity=9)
    logits = cached_model.extend(np.array([TEXT[3:7]]), cache)
    np.testing.assert_allclose(logits[0], naive(TEXT)[6], atol=1e-4)
    logits = cached_model.extend(np.array([TEXT[7:]]), cache)
    np.testing.assert_allclose(logits[0], naive(TEXT)[8], atol=1e-4)


def test_texts_of_different_lengths_do_not_see_each_other(cached_model, naive):
    logits, cache = cached_model.start([SHORT, TEXT, TEXT[:1]], capacity=12)
    alone = [naive(SHORT)[-1], naive(TEXT)[-1], naive(TEXT[:1])[-1]]
    np.testing.assert_allclose(logits, alone, atol=1e-4)
    for ids in [(7, 300, 2), (8, 301, 3)]:
        logits = cached_model.extend(np.array(ids)[:, None], cache)
    alone = [naive([*SHORT, 7, 8])[-1], naive([*TEXT, 300, 301])[-1], naive([TEXT[0], 2, 3])[-1]]
    np.testing.assert_allclose(logits, alone, atol=1e-4)


def test_a_long_text_is_read_apart_from_short_ones_and_padding_is_not_computed(cached_model, naive, monkeypatch):
    ids = np.random.default_rng(3).integers(1024, size=150).tolist()
    prompts = [SHORT, ids[:150], TEXT, ids[:149], TEXT[:1]]
    computed = []
    forward = cached_model._forward
    monkeypatch.setattr(cached_model, "_forward", lambda ids, *rest: computed.append(ids.shape) or forward(ids, *rest))
    logits, cache = cached_model.start(prompts, capacity=152)
    assert sorted(computed) == [(2, 150), (3, 9)]
    np.testing.assert_allclose(logits, [naive(prompt)[-1] for prompt in prompts], atol=1e-4)
    for id in (7, 300):
        logits = cached_model.extend(np.full((5, 1), id), cache)
    np.testing.assert_allclose(logits, [naive([*prompt, 7, 300])[-1] for prompt in prompts], atol=1e-4)


def test_texts_may_be_selected_repeated_and_left_out(cached_model, naive):
    _, cache = cached_model.start([SHORT, TEXT, TEXT[:1]], capacity=12)
    chosen = cached_model.select(cache, [2, 0, 2])
    logits = cached_model.extend(np.array([[7], [8], [9]]), chosen)
    alone = [naive([TEXT[0], 7])[-1], naive([*SHORT, 8])[-1], naive([TEXT[0], 9])[-1]]
    np.testing.assert_allclose(logits, alone, atol=1e-4)
    logits = cached_model.extend(np.array([[5], [6], [7]]), cache)  # which is as it was
    np.testing.assert_allclose(logits[1], naive([*TEXT, 6])[-1], atol=1e-4)


def test_the_model_for_gpus_is_float32_whatever_maxs_default_type_is(folder, device, naive):
    """On a GPU the default is bfloat16, and nobody need have changed it before the model is loaded."""
    with default_dtype(DType.bfloat16):
        model = load_gpu_model(open_checkpoint(str(folder)), device)
        np.testing.assert_allclose(model.start([TEXT], 9)[0][0], naive(TEXT)[-1], atol=1e-4)


def test_a_text_may_fill_the_context(cached_model, naive):
    ids = np.random.default_rng(0).integers(1024, size=256).tolist()
    np.testing.assert_allclose(grown(cached_model, ids[:250], ids[250:])[-1], naive(ids)[-1], atol=1e-4)


def test_a_prompt_of_many_lengths_is_read_as_the_naive_model_reads_it(cached_model, naive):
    """Rows are multiplied six at a time: every remainder, and lengths about the block's."""
    ids = np.random.default_rng(2).integers(1024, size=200).tolist()
    expected = naive(ids)
    for length in (1, 2, 3, 4, 5, 6, 7, 12, 13, 191, 192, 193, 200):
        logits, _ = cached_model.start([ids[:length]], capacity=length)
        np.testing.assert_allclose(logits[0], expected[length - 1], atol=1e-4, err_msg=f"{length} tokens")


def test_the_storyteller_has_the_same_logits_with_and_without_a_cache(device):
    from course.curriculum.steps import STORYTELLER

    checkpoint = open_checkpoint(STORYTELLER)
    ids = np.random.default_rng(1).integers(1000, size=40).tolist()
    naive = np.from_dlpack(load_model(checkpoint, device)(Tensor(np.array([ids]), device=device)).to(CPU()))[0]
    np.testing.assert_allclose(grown(load_cached_model(checkpoint, device), ids[:20], ids[20:]), naive[19:], atol=1e-4)
