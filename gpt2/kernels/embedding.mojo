"""The token table is also the head's weight, so it is stored in panels, too: a token is a column of one."""

import extensibility
from extensibility import InputTensor, OutputTensor
from max.gpu.host import DeviceContext

from .panels import PANEL


@extensibility.register("gpt2_embedding")
struct Embedding:
    """Token vectors plus position vectors: [batch, seq_length, n_embd]."""

    @staticmethod
    def execute[
        target: StaticString
    ](
        y: OutputTensor[dtype=DType.float32, rank=3, ...],
        input_ids: InputTensor[dtype=DType.int64, rank=2, ...],
        positions: InputTensor[dtype=DType.int64, rank=2, ...],
        wte: InputTensor[rank=3, ...],
        scale: InputTensor[dtype=DType.float32, rank=1, ...],
        wpe: InputTensor[dtype=DType.float32, rank=2, ...],
        context: DeviceContext,
    ) raises:
        var n_embd = y.dim_size(2)
        for i in range(input_ids.dim_size(0) * input_ids.dim_size(1)):
            var id = Int(input_ids.unsafe_ptr()[unsafe_offset=i])
            var factor = scale.unsafe_ptr()[unsafe_offset=id]
            var token = wte.unsafe_ptr().unsafe_offset(id // PANEL * n_embd * PANEL + id % PANEL)
            var position = wpe.unsafe_ptr().unsafe_offset(Int(positions.unsafe_ptr()[unsafe_offset=i]) * n_embd)
            var x = y.unsafe_ptr().unsafe_offset(i * n_embd)
            for d in range(n_embd):
                x[unsafe_offset=d] = (
                    token[unsafe_offset = d * PANEL].cast[DType.float32]() * factor + position[unsafe_offset=d]
                )
