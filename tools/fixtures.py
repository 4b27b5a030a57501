"""Writes tests/fixtures/step_NN.npz: inputs, random parameters, and what must come out of them.

What must come out is computed in float64 by Hugging Face transformers on PyTorch, or by the
formula in NumPy, never by our own solutions. Parameters carry MAX's names and layout.

Run it from the repository's root, where PyTorch and transformers are installed:

    python -m tools.fixtures
"""

from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import GPT2Config, GPT2LMHeadModel
from transformers.models.gpt2.modeling_gpt2 import GPT2Block
from transformers.pytorch_utils import Conv1D

from course.judging.case import Case, write_cases

FOLDER = Path(__file__).parents[1] / "tests" / "fixtures"
Arrays = dict[str, NDArray]


@dataclass(frozen=True)
class Sizes:
    """The sizes of a case: of the model, and of the batch."""

    batch: int
    seq_length: int
    vocab_size: int
    n_positions: int
    n_embd: int
    n_layer: int
    n_head: int
    n_inner: int
    layer_norm_epsilon: float

    @property
    def head_dim(self) -> int:
        return self.n_embd // self.n_head

    @property
    def fields(self) -> dict[str, float]:
        """Those of the configuration."""
        return {name: size for name, size in asdict(self).items() if name not in ("batch", "seq_length")}

    @property
    def config(self) -> GPT2Config:
        return GPT2Config(
            **self.fields,
            bos_token_id=None,
            eos_token_id=None,
            activation_function="gelu_new",
            attn_implementation="eager",
        )


# No two of them are equal, nor equal to head_dim (5) or what c_attn puts out (15 and 60), so that a swapped axis
# shows; the large epsilon shows where it is added.
USUAL = Sizes(
    batch=2,
    seq_length=6,
    vocab_size=37,
    n_positions=48,
    n_embd=20,
    n_layer=2,
    n_head=4,
    n_inner=28,
    layer_norm_epsilon=0.1,
)
# One text, one head, an odd n_embd; narrower in the middle; as many tokens as there are positions, and a block more.
UNUSUAL = Sizes(
    batch=1,
    seq_length=9,
    vocab_size=11,
    n_positions=9,
    n_embd=7,
    n_layer=3,
    n_head=1,
    n_inner=5,
    layer_norm_epsilon=0.01,
)

# With this seed each of the 40 greedy tokens leads the runner-up by more than GREEDY_MARGIN, far
# more than the 1e-4 that logits may be off, so that every correct model agrees on all of them;
# and they are 14 different tokens, so that not every wrong one does.
SEED = 45
PROMPT_LENGTH, NEW_TOKENS, GREEDY_MARGIN = 7, 40, 0.03


def main() -> None:
    rng = np.random.default_rng(SEED)
    sets = [fixtures(USUAL, rng, with_text=True), fixtures(USUAL, rng), fixtures(UNUSUAL, rng)]
    FOLDER.mkdir(exist_ok=True)
    for step in sets[0]:
        write_cases(FOLDER / f"step_{step:02}.npz", [cases[step] for cases in sets])


def fixtures(sizes: Sizes, rng: np.random.Generator, with_text: bool = False) -> dict[int, Case]:
    """A case for each step."""
    model = random_model(sizes, rng)
    block = model.transformer.h[0]
    arrays = {
        3: layer_norm(sizes, rng),
        4: mlp(sizes, rng, block),
        5: embeddings(sizes, rng, model.transformer.wte),
        6: position_embeddings(sizes, rng, model.transformer.wpe),
        7: single_head(sizes, rng),
        8: attention(sizes, rng),
        9: multi_head_attention(sizes, rng, block),
        10: residual_block(sizes, rng),
        11: transformer_block(sizes, rng, block),
        12: stack(sizes, rng, model),
        13: language_model(sizes, rng, model, with_text),
    }
    fields = {name: np.array(size) for name, size in sizes.fields.items()}
    return {step: Case(fields | found) for step, found in arrays.items()}


def layer_norm(sizes: Sizes, rng: np.random.Generator) -> Arrays:
    """Rows of different mean and spread, so that each has to be normalized by itself."""
    x = normal(rng, sizes.batch, sizes.seq_length, sizes.n_embd)
    x *= rng.uniform(0.1, 1, (sizes.batch, sizes.seq_length, 1)).astype(np.float32)
    x += normal(rng, sizes.batch, sizes.seq_length, 1)
    weight, bias = normal(rng, sizes.n_embd), normal(rng, sizes.n_embd)
    return {"x": x, "weight": weight, "bias": bias, "output": normalized(x, weight, bias, sizes.layer_norm_epsilon)}


def mlp(sizes: Sizes, rng: np.random.Generator, block: GPT2Block) -> Arrays:
    x = normal(rng, sizes.batch, sizes.seq_length, sizes.n_embd)
    return {"x": x, **parameters(block.mlp), "output": block.mlp(torch64(x)).numpy()}


def embeddings(sizes: Sizes, rng: np.random.Generator, wte: torch.nn.Embedding) -> Arrays:
    input_ids = random_ids(sizes, rng, sizes.batch, sizes.seq_length)
    input_ids[0, :2] = 0, sizes.vocab_size - 1  # the first and the last row of the table
    input_ids[1:, :2] = input_ids[0, 2]  # the same token in several places
    return {"input_ids": input_ids, **parameters(wte), "output": wte(torch.from_numpy(input_ids)).numpy()}


def position_embeddings(sizes: Sizes, rng: np.random.Generator, wpe: torch.nn.Embedding) -> Arrays:
    input_ids = random_ids(sizes, rng, sizes.batch, sizes.seq_length)
    return {"input_ids": input_ids, **parameters(wpe), "output": wpe(torch.arange(sizes.seq_length)).numpy()}


def single_head(sizes: Sizes, rng: np.random.Generator) -> Arrays:
    x = normal(rng, sizes.batch, sizes.seq_length, sizes.n_embd)
    weight, bias = normal(rng, 3 * sizes.head_dim, sizes.n_embd), normal(rng, 3 * sizes.head_dim)
    query, key, value = np.split(x.astype(np.float64) @ weight.T.astype(np.float64) + bias, 3, axis=-1)
    return {"x": x, "c_attn.weight": weight, "c_attn.bias": bias, "query": query, "key": key, "value": value}


def attention(sizes: Sizes, rng: np.random.Generator) -> Arrays:
    query, key, value = (normal(rng, sizes.batch, sizes.n_head, sizes.seq_length, sizes.head_dim) for _ in range(3))
    scores = query.astype(np.float64) @ key.swapaxes(-1, -2) / np.sqrt(sizes.head_dim)
    weights = np.exp(scores) * np.tri(sizes.seq_length)
    weights /= weights.sum(axis=-1, keepdims=True)
    return {"query": query, "key": key, "value": value, "output": weights @ value}


def multi_head_attention(sizes: Sizes, rng: np.random.Generator, block: GPT2Block) -> Arrays:
    x = normal(rng, sizes.batch, sizes.seq_length, sizes.n_embd)
    return {"x": x, **parameters(block.attn), "output": attend(block, torch64(x)).numpy()}


def residual_block(sizes: Sizes, rng: np.random.Generator) -> Arrays:
    """A linear layer as the sublayer."""
    x = normal(rng, sizes.batch, sizes.seq_length, sizes.n_embd)
    norm_weight, norm_bias = normal(rng, sizes.n_embd), normal(rng, sizes.n_embd)
    weight, bias = normal(rng, sizes.n_embd, sizes.n_embd), normal(rng, sizes.n_embd)
    return {
        "x": x,
        "norm.weight": norm_weight,
        "norm.bias": norm_bias,
        "sublayer.weight": weight,
        "sublayer.bias": bias,
        "output": x + normalized(x, norm_weight, norm_bias, sizes.layer_norm_epsilon) @ weight.T + bias,
    }


def transformer_block(sizes: Sizes, rng: np.random.Generator, block: GPT2Block) -> Arrays:
    """The whole block, and each of its two residuals with the other one's sublayer silent."""
    x = normal(rng, sizes.batch, sizes.seq_length, sizes.n_embd)
    hidden = torch64(x)
    return {
        "x": x,
        **parameters(block),
        "output": block(hidden, attention_mask=causal_mask(sizes.seq_length)).numpy(),
        "attention_only": (hidden + attend(block, block.ln_1(hidden))).numpy(),
        "mlp_only": (hidden + block.mlp(block.ln_2(hidden))).numpy(),
    }


def stack(sizes: Sizes, rng: np.random.Generator, model: GPT2LMHeadModel) -> Arrays:
    input_ids = random_ids(sizes, rng, sizes.batch, sizes.seq_length)
    return {
        "input_ids": input_ids,
        **parameters(model.transformer),
        "output": model.transformer(torch.from_numpy(input_ids)).last_hidden_state.numpy(),
    }


def language_model(sizes: Sizes, rng: np.random.Generator, model: GPT2LMHeadModel, with_text: bool) -> Arrays:
    """Logits, and where it is wanted a prompt with its greedy continuation."""
    input_ids = random_ids(sizes, rng, sizes.batch, sizes.seq_length)
    text = {"greedy_text": greedy_text(sizes, rng, model)} if with_text else {}
    hidden = normal(rng, sizes.batch, sizes.seq_length, sizes.n_embd)
    return {
        "input_ids": input_ids,
        "hidden": hidden,
        **parameters(model),
        "logits": model(torch.from_numpy(input_ids)).logits.numpy(),
        "hidden_logits": model.lm_head(torch64(hidden)).numpy(),
        **text,
    }


def greedy_text(sizes: Sizes, rng: np.random.Generator, model: GPT2LMHeadModel) -> NDArray:
    text = torch.from_numpy(random_ids(sizes, rng, 1, PROMPT_LENGTH))
    for _ in range(NEW_TOKENS):
        (best, second), (token, _) = model(text).logits[0, -1].topk(2)
        assert best - second > GREEDY_MARGIN, "a near tie: choose another SEED"
        text = torch.cat([text, token.reshape(1, 1)], dim=1)
    return text.numpy()


def random_model(sizes: Sizes, rng: np.random.Generator) -> GPT2LMHeadModel:
    """A GPT-2 in float64 whose parameters, norms and biases included, are random float32 numbers.

    They are much larger than in a new model, so that every part of it counts in what comes out.
    """
    model = GPT2LMHeadModel(sizes.config).eval().requires_grad_(False)
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
    return block.attn(hidden, attention_mask=causal_mask(hidden.shape[1]))[0]


def causal_mask(seq_length: int) -> torch.Tensor:
    """[1, 1, seq_length, seq_length]; only GPT2Model as a whole makes its own."""
    return torch.full((1, 1, seq_length, seq_length), -torch.inf, dtype=torch.float64).triu(1)


def normalized(x: NDArray, weight: NDArray, bias: NDArray, eps: float) -> NDArray:
    x = x.astype(np.float64)
    variance = x.var(axis=-1, keepdims=True)
    return (x - x.mean(axis=-1, keepdims=True)) / np.sqrt(variance + eps) * weight + bias


def normal(rng: np.random.Generator, *shape: int) -> NDArray:
    return rng.standard_normal(shape, dtype=np.float32)


def random_ids(sizes: Sizes, rng: np.random.Generator, *shape: int) -> NDArray:
    return rng.integers(sizes.vocab_size, size=shape)


def torch64(array: NDArray) -> torch.Tensor:
    return torch.from_numpy(array).double()


if __name__ == "__main__":
    main()
