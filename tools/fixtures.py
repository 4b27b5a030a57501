"""Writes tests/fixtures/step_NN.npz: inputs, random parameters, and what must come out of them.

What must come out is computed in float64 by Hugging Face transformers on PyTorch, or by the
formula in NumPy, never by our own solutions. Parameters carry MAX's names and layout.

Run it from the repository's root, where PyTorch and transformers are installed:

    python -m tools.fixtures
"""

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import GPT2Config, GPT2LMHeadModel
from transformers.models.gpt2.modeling_gpt2 import GPT2Block
from transformers.pytorch_utils import Conv1D

from course.curriculum.sizes import SIZES

FOLDER = Path(__file__).parents[1] / "tests" / "fixtures"
Arrays = dict[str, NDArray]

CONFIG = GPT2Config(**SIZES, activation_function="gelu_new", attn_implementation="eager")
BATCH, SEQ_LENGTH, HEAD_DIM = 2, 6, 5

# With this seed each of the 40 greedy tokens leads the runner-up by more than GREEDY_MARGIN, far
# more than the 1e-4 that logits may be off, so that every correct model agrees on all of them;
# and they are 14 different tokens, so that not every wrong one does.
SEED = 45
PROMPT_LENGTH, NEW_TOKENS, GREEDY_MARGIN = 7, 40, 0.03


def main() -> None:
    rng = np.random.default_rng(SEED)
    model = random_model(rng)
    fixtures = {
        3: layer_norm(rng),
        4: mlp(rng, model.transformer.h[0]),
        5: embeddings(rng, model.transformer.wte),
        6: position_embeddings(rng, model.transformer.wpe),
        7: single_head(rng),
        8: attention(rng),
        9: multi_head_attention(rng, model.transformer.h[0]),
        10: residual_block(rng),
        11: transformer_block(rng, model.transformer.h[0]),
        12: stack(rng, model),
        13: language_model(rng, model),
    }
    FOLDER.mkdir(exist_ok=True)
    for step, arrays in fixtures.items():
        np.savez_compressed(FOLDER / f"step_{step:02}.npz", **arrays)


def layer_norm(rng: np.random.Generator) -> Arrays:
    """Rows of different mean and spread, so that each has to be normalized by itself."""
    x = normal(rng, BATCH, SEQ_LENGTH, CONFIG.n_embd)
    x *= rng.uniform(0.1, 1, (BATCH, SEQ_LENGTH, 1)).astype(np.float32)
    x += normal(rng, BATCH, SEQ_LENGTH, 1)
    weight, bias = normal(rng, CONFIG.n_embd), normal(rng, CONFIG.n_embd)
    return {"x": x, "weight": weight, "bias": bias, "output": normalized(x, weight, bias)}


def mlp(rng: np.random.Generator, block: GPT2Block) -> Arrays:
    x = normal(rng, BATCH, SEQ_LENGTH, CONFIG.n_embd)
    return {"x": x, **parameters(block.mlp), "output": block.mlp(torch64(x)).numpy()}


def embeddings(rng: np.random.Generator, wte: torch.nn.Embedding) -> Arrays:
    input_ids = random_ids(rng, BATCH, SEQ_LENGTH)
    input_ids[0, :2] = 0, CONFIG.vocab_size - 1  # the first and the last row of the table
    input_ids[1, :2] = input_ids[0, 2]  # the same token in several places
    return {"input_ids": input_ids, **parameters(wte), "output": wte(torch.from_numpy(input_ids)).numpy()}


def position_embeddings(rng: np.random.Generator, wpe: torch.nn.Embedding) -> Arrays:
    input_ids = random_ids(rng, BATCH, SEQ_LENGTH)
    return {"input_ids": input_ids, **parameters(wpe), "output": wpe(torch.arange(SEQ_LENGTH)).numpy()}


def single_head(rng: np.random.Generator) -> Arrays:
    x = normal(rng, BATCH, SEQ_LENGTH, CONFIG.n_embd)
    weight, bias = normal(rng, 3 * HEAD_DIM, CONFIG.n_embd), normal(rng, 3 * HEAD_DIM)
    query, key, value = np.split(x.astype(np.float64) @ weight.T.astype(np.float64) + bias, 3, axis=-1)
    return {"x": x, "c_attn.weight": weight, "c_attn.bias": bias, "query": query, "key": key, "value": value}


def attention(rng: np.random.Generator) -> Arrays:
    query, key, value = (normal(rng, BATCH, CONFIG.n_head, SEQ_LENGTH, HEAD_DIM) for _ in range(3))
    scores = query.astype(np.float64) @ key.swapaxes(-1, -2) / np.sqrt(HEAD_DIM)
    weights = np.exp(scores) * np.tri(SEQ_LENGTH)
    weights /= weights.sum(axis=-1, keepdims=True)
    return {"query": query, "key": key, "value": value, "output": weights @ value}


def multi_head_attention(rng: np.random.Generator, block: GPT2Block) -> Arrays:
    x = normal(rng, BATCH, SEQ_LENGTH, CONFIG.n_embd)
    return {"x": x, **parameters(block.attn), "output": attend(block, torch64(x)).numpy()}


def residual_block(rng: np.random.Generator) -> Arrays:
    """A linear layer as the sublayer."""
    x = normal(rng, BATCH, SEQ_LENGTH, CONFIG.n_embd)
    norm_weight, norm_bias = normal(rng, CONFIG.n_embd), normal(rng, CONFIG.n_embd)
    weight, bias = normal(rng, CONFIG.n_embd, CONFIG.n_embd), normal(rng, CONFIG.n_embd)
    return {
        "x": x,
        "norm.weight": norm_weight,
        "norm.bias": norm_bias,
        "sublayer.weight": weight,
        "sublayer.bias": bias,
        "output": x + normalized(x, norm_weight, norm_bias) @ weight.T + bias,
    }


def transformer_block(rng: np.random.Generator, block: GPT2Block) -> Arrays:
    """The whole block, and each of its two residuals with the other one's sublayer silent."""
    x = normal(rng, BATCH, SEQ_LENGTH, CONFIG.n_embd)
    hidden = torch64(x)
    return {
        "x": x,
        **parameters(block),
        "output": block(hidden, attention_mask=causal_mask()).numpy(),
        "attention_only": (hidden + attend(block, block.ln_1(hidden))).numpy(),
        "mlp_only": (hidden + block.mlp(block.ln_2(hidden))).numpy(),
    }


def stack(rng: np.random.Generator, model: GPT2LMHeadModel) -> Arrays:
    input_ids = random_ids(rng, BATCH, SEQ_LENGTH)
    return {
        "input_ids": input_ids,
        **parameters(model.transformer),
        "output": model.transformer(torch.from_numpy(input_ids)).last_hidden_state.numpy(),
    }


def language_model(rng: np.random.Generator, model: GPT2LMHeadModel) -> Arrays:
    """Logits, and a prompt with its greedy continuation."""
    input_ids = random_ids(rng, BATCH, SEQ_LENGTH)
    text = torch.from_numpy(random_ids(rng, 1, PROMPT_LENGTH))
    for _ in range(NEW_TOKENS):
        (best, second), (token, _) = model(text).logits[0, -1].topk(2)
        assert best - second > GREEDY_MARGIN, "a near tie: choose another SEED"
        text = torch.cat([text, token.reshape(1, 1)], dim=1)
    hidden = normal(rng, BATCH, SEQ_LENGTH, CONFIG.n_embd)
    return {
        "input_ids": input_ids,
        "hidden": hidden,
        **parameters(model),
        "logits": model(torch.from_numpy(input_ids)).logits.numpy(),
        "hidden_logits": model.lm_head(torch64(hidden)).numpy(),
        "greedy_text": text.numpy(),
    }


def random_model(rng: np.random.Generator) -> GPT2LMHeadModel:
    """A GPT-2 in float64 whose parameters, norms and biases included, are random float32 numbers.

    They are much larger than in a new model, so that every part of it counts in what comes out.
    """
    model = GPT2LMHeadModel(CONFIG).eval().requires_grad_(False)
    for name, parameter in model.named_parameters():
        # Larger biases would let the same token win everywhere.
        scale = 0.2 if name.endswith("bias") else 0.7
        parameter.copy_(torch.from_numpy(scale * normal(rng, *parameter.shape)))
    return model.double()


def parameters(module: torch.nn.Module) -> Arrays:
    """A module's parameters in float32, under MAX's names. A tied head is not counted twice."""
    # Conv1D keeps its weight as [in, out], MAX's Linear as [out, in].
    transposed = {f"{name}.weight" for name, child in module.named_modules() if isinstance(child, Conv1D)}
    arrays = {name: parameter.float().numpy() for name, parameter in module.named_parameters()}
    return {name: array.T if name in transposed else array for name, array in arrays.items()}


def attend(block: GPT2Block, hidden: torch.Tensor) -> torch.Tensor:
    return block.attn(hidden, attention_mask=causal_mask())[0]


def causal_mask() -> torch.Tensor:
    """[1, 1, seq_length, seq_length]; only GPT2Model as a whole makes its own."""
    return torch.full((1, 1, SEQ_LENGTH, SEQ_LENGTH), -torch.inf, dtype=torch.float64).triu(1)


def normalized(x: NDArray, weight: NDArray, bias: NDArray) -> NDArray:
    x = x.astype(np.float64)
    variance = x.var(axis=-1, keepdims=True)
    return (x - x.mean(axis=-1, keepdims=True)) / np.sqrt(variance + CONFIG.layer_norm_epsilon) * weight + bias


def normal(rng: np.random.Generator, *shape: int) -> NDArray:
    return rng.standard_normal(shape, dtype=np.float32)


def random_ids(rng: np.random.Generator, *shape: int) -> NDArray:
    return rng.integers(CONFIG.vocab_size, size=shape)


def torch64(array: NDArray) -> torch.Tensor:
    return torch.from_numpy(array).double()


if __name__ == "__main__":
    main()
