"""The feed-forward network of a block, step 4, with its norm and residual connection."""

import extensibility
from extensibility import InputTensor, OutputTensor
from max.gpu.host import DeviceContext

from .linear import Scales, linear, linear_add
from .norm import layer_norm


@extensibility.register("gpt2_mlp")
struct MLP:
    """The residual stream [batch, seq_length, n_embd] after the network."""

    @staticmethod
    def execute[
        target: StaticString
    ](
        y: OutputTensor[dtype=DType.float32, rank=3, ...],
        x: InputTensor[dtype=DType.float32, rank=3, ...],
        norm_weight: Scales,
        norm_bias: Scales,
        epsilon: Float32,
        fc_weight: InputTensor[rank=3, ...],
        fc_scale: Scales,
        fc_bias: Scales,
        proj_weight: InputTensor[rank=3, ...],
        proj_scale: Scales,
        proj_bias: Scales,
        context: DeviceContext,
    ) raises:
        var rows = x.dim_size(0) * x.dim_size(1)
        var n_embd = x.dim_size(2)
        var n_inner = proj_weight.dim_size(1)
        var stream = x.unsafe_ptr()
        var normal = List[Float32](unsafe_uninit_length=rows * n_embd)
        var hidden = List[Float32](unsafe_uninit_length=rows * n_inner)
        layer_norm(
            normal.unsafe_ptr(), stream, norm_weight.unsafe_ptr(), norm_bias.unsafe_ptr(), epsilon, rows, n_embd
        )
        linear[gelu=True](hidden.unsafe_ptr(), normal.unsafe_ptr(), fc_weight, fc_scale, fc_bias, rows, n_inner)
        linear_add(
            y.unsafe_ptr(), stream, hidden.unsafe_ptr(), proj_weight, proj_scale, proj_bias, rows, n_embd
        )
        _ = normal^
        _ = hidden^
