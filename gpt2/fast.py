"""The model of step 13 on a CPU, as fast as its weights can be read: with a cache, and kernels of its own.

It computes what the solutions do, with the operations of gpt2/kernels, for which weights are stored in
panels. gpt2/portable.py is the same model in MAX's own operations.
"""

import numpy as np
from max.driver import CPU, Buffer
from max.dtype import DType
from max.experimental import functional as F
from max.experimental.compilation import CompiledCallable
from max.experimental.nn import Module, ModuleList
from max.experimental.tensor import Tensor, TensorType
from max.graph import BufferType
from numpy.typing import NDArray

from gpt2.cache import Cache, CachedModel
from gpt2.checkpoint import Checkpoint
from gpt2.library import kernel_library
from gpt2.model import weights_of
from gpt2.panels import FORMATS, PANEL, Format, pack, packed_size, panel_count, room
from solutions.solution_01 import GPT2Config
from solutions.solution_03 import LayerNorm
from solutions.solution_06 import GPT2PositionEmbeddings
from solutions.solution_13 import GPT2LMHeadModel

# What is in panels, and what is as long as these have columns.
PACKED = ("wte.weight", "c_attn.weight", "c_proj.weight", "c_fc.weight")
BIASES = ("c_attn.bias", "c_proj.bias", "c_fc.bias")


class PackedLinear(Module[[Tensor], Tensor]):
    """The weights of a linear layer [n_out, n_in] in panels, with what the kernels multiply them by."""

    def __init__(self, n_in: int, n_out: int, dtype: DType) -> None:
        panels = panel_count(n_out)
        self.weight = Tensor.zeros([panels, n_in, PANEL], dtype=dtype)
        self.scale = Tensor.zeros([panels * PANEL])
        self.bias = Tensor.zeros([panels * PANEL])


class Attention(Module[..., Tensor]):
    """Step 9 with a cache."""

    def __init__(self, config: GPT2Config, dtype: DType) -> None:
        self.c_attn = PackedLinear(config.n_embd, 3 * config.n_embd, dtype)
        self.c_proj = PackedLinear(config.n_embd, config.n_embd, dtype)

    def forward(self, norm: LayerNorm, x: Tensor, cache: Tensor, past: Tensor, padding: Tensor, layer: int) -> Tensor:
        values = [x, *_norm(norm), *_linear(self.c_attn), *_linear(self.c_proj)]
        values += [cache.__buffervalue__(), past, padding, F.constant(layer, DType.int64, CPU())]
        return F.inplace_custom("gpt2_attention", CPU(), values, [x.type])[0]


class MLP(Module[..., Tensor]):
    """Step 4."""

    def __init__(self, config: GPT2Config, dtype: DType) -> None:
        self.c_fc = PackedLinear(config.n_embd, config.n_inner, dtype)
        self.c_proj = PackedLinear(config.n_inner, config.n_embd, dtype)

    def forward(self, norm: LayerNorm, x: Tensor) -> Tensor:
        values = [x, *_norm(norm), *_linear(self.c_fc), *_linear(self.c_proj)]
        return F.custom("gpt2_mlp", CPU(), values, [x.type])[0]


class Block(Module[..., Tensor]):
    """Step 11 with a cache. The kernels compute a norm, a sublayer and the residual connection in one go."""

    def __init__(self, config: GPT2Config, dtype: DType) -> None:
        self.ln_1 = LayerNorm(config.n_embd, config.layer_norm_epsilon)
        self.attn = Attention(config, dtype)
        self.ln_2 = LayerNorm(config.n_embd, config.layer_norm_epsilon)
        self.mlp = MLP(config, dtype)

    def forward(self, x: Tensor, cache: Tensor, past: Tensor, padding: Tensor, layer: int) -> Tensor:
        x = self.attn(self.ln_1, x, cache, past, padding, layer)
        return self.mlp(self.ln_2, x)


class FastGPT2(Module[..., Tensor]):
    """Steps 12 and 13 with a cache, on a CPU."""

    def __init__(self, config: GPT2Config, dtype: DType) -> None:
        self.config = config
        self.wte = PackedLinear(config.n_embd, config.vocab_size, dtype)
        self.wpe = GPT2PositionEmbeddings(config)
        self.h = ModuleList(Block(config, dtype) for _ in range(config.n_layer))
        self.ln_f = LayerNorm(config.n_embd, config.layer_norm_epsilon)

    def forward(self, input_ids: Tensor, positions: Tensor, past: Tensor, padding: Tensor, cache: Tensor) -> Tensor:
        """Score what follows the last of ``input_ids``.

        Args:
            input_ids: [batch, seq_length] int64, the new tokens.
            positions: [batch, seq_length] int64, their places in their texts.
            past: [1] int64, how many places of the cache are in use.
            padding: [batch] int64, how many places at the start of a text hold no token.
            cache: [n_layer, 2, batch, n_head, capacity * head_dim] float32, the keys and values of the
                past, in panels. Those of the new tokens are put there.

        Returns:
            Logits [batch, vocab_size].
        """
        batch, seq_length = input_ids.shape
        embedded = TensorType(DType.float32, [batch, seq_length, self.config.n_embd], CPU())
        values = [input_ids, positions, self.wte.weight, self.wte.scale, self.wpe.weight]
        (x,) = F.custom("gpt2_embedding", CPU(), values, [embedded])  # [batch, seq, n_embd]
        for layer, block in enumerate(self.h):
            x = block(x, cache, past, padding, layer)
        logits = TensorType(DType.float32, [batch, self.config.vocab_size], CPU())
        return F.custom("gpt2_head", CPU(), [x, *_norm(self.ln_f), *_linear(self.wte)], [logits])[0]


def _norm(norm: LayerNorm) -> list[Tensor]:
    """What a kernel takes of a norm."""
    return [norm.weight, norm.bias, F.constant(norm.eps, DType.float32, CPU())]


def _linear(layer: PackedLinear) -> list[Tensor]:
    """What a kernel takes of a linear layer."""
    return [layer.weight, layer.scale, layer.bias]


class FastModel(CachedModel):
    """A compiled ``FastGPT2``."""

    def __init__(self, compiled: CompiledCallable, config: GPT2Config) -> None:
        super().__init__(config)
        self._compiled = compiled

    def _buffer(self, batch: int, capacity: int) -> Buffer:
        size = panel_count(capacity) * PANEL * panel_count(self.config.head_dim) * PANEL
        return Buffer(DType.float32, (self.config.n_layer, 2, batch, self.config.n_head, size), CPU())

    def _forward(self, ids: NDArray[np.int64], positions: NDArray[np.int64], cache: Cache) -> NDArray:
        arrays = (ids, positions, np.array([cache.length]), cache.padding)
        (logits,) = self._compiled.execute_raw(*map(Buffer.from_numpy, arrays), cache.buffer)
        return logits.to_numpy()


def load_fast_model(checkpoint: Checkpoint, weights: str) -> FastModel:
    """Load a checkpoint for the CPU, its weights in one of ``FORMATS``, compiled for any batch and length.

    Raises:
        CheckpointError: the weights cannot be read, or are not exactly the model's parameters.
    """
    config, kind = checkpoint.config, FORMATS[weights]
    with F.lazy():  # what the weights replace is never computed
        solution = GPT2LMHeadModel(config).to(CPU())
        model = FastGPT2(config, kind.dtype).to(CPU())
    compiled = model.compile(
        TensorType(DType.int64, ["batch", "seq_length"], CPU()),
        TensorType(DType.int64, ["batch", "seq_length"], CPU()),
        TensorType(DType.int64, [1], CPU()),
        TensorType(DType.int64, ["batch"], CPU()),
        BufferType(DType.float32, [config.n_layer, 2, "batch", config.n_head, "size"], CPU()),
        weights=_packed(solution, checkpoint, kind),
        custom_extensions=[kernel_library()],
    )
    return FastModel(compiled, config)


def _packed(model: GPT2LMHeadModel, checkpoint: Checkpoint, kind: Format) -> dict[str, Buffer | NDArray]:
    """The weights of ``FastGPT2`` from those of step 13's model.

    They are read one after another, the largest first, so that there is never much more in memory than the result.
    """
    weights = weights_of(model, checkpoint)
    sizes = {name: packed_size(*map(int, each.shape), kind) for name, each in model.parameters if name.endswith(PACKED)}
    memory = room(sum(sizes.values()))
    packed = {}
    for name in sorted(weights, key=lambda name: sizes.get(name, 0), reverse=True):
        layer, _, part = name.removeprefix("transformer.").rpartition(".")
        weight = weights[name]
        if name in sizes:
            packed[f"{layer}.weight"], packed[f"{layer}.scale"] = pack(weight, kind, memory[: sizes[name]])
            packed.setdefault(f"{layer}.bias", np.zeros_like(packed[f"{layer}.scale"]))
            memory = memory[sizes[name] :]
        elif name.endswith(BIASES):
            packed[f"{layer}.bias"] = np.pad(weight, (0, -len(weight) % PANEL))
        else:
            packed[f"{layer}.{part}"] = weight
    return packed
