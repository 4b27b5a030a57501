"""The last norm and the language-model head, step 13."""

import extensibility
from extensibility import InputTensor, OutputTensor
from max.gpu.host import DeviceContext

from .linear import Scales, linear
from .norm import layer_norm


@extensibility.register("gpt2_head")
struct Head:
    """Logits [batch, vocab_size] of what follows the last token: x is [batch, seq_length, n_embd]."""

    @staticmethod
    def execute[
        target: StaticString
    ](
        y: OutputTensor[dtype=DType.float32, rank=2, ...],
        x: InputTensor[dtype=DType.float32, rank=3, ...],
        norm_weight: Scales,
        norm_bias: Scales,
        epsilon: Float32,
        wte: InputTensor[rank=3, ...],
        scale: Scales,
        bias: Scales,
        context: DeviceContext,
    ) raises:
        var batch = x.dim_size(0)
        var seq_length = x.dim_size(1)
        var n_embd = x.dim_size(2)
        var normal = List[Float32](unsafe_uninit_length=batch * n_embd)
        for text in range(batch):
            layer_norm(
                normal.unsafe_ptr().unsafe_offset(text * n_embd),
                x.unsafe_ptr().unsafe_offset(((text + 1) * seq_length - 1) * n_embd),
                norm_weight.unsafe_ptr(),
                norm_bias.unsafe_ptr(),
                epsilon,
                1,
                n_embd,
            )
        linear[gelu=False](y.unsafe_ptr(), normal.unsafe_ptr(), wte, scale, bias, batch, y.dim_size(1))
        _ = normal^
