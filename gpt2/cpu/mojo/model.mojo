"""The forward pass: the model of steps 12 and 13, and its blocks, step 11."""

import extensibility
from extensibility import InputTensor, _MutableInputTensor
from max.gpu.host import DeviceContext

from .attention import Cache, attend
from .linear import Linear, Then
from .panels import PANEL, Floats, MutFloats
from .team import Worker, work_together
from .weights import Weights

comptime Ids = InputTensor[dtype=DType.int64, rank=2, ...]
comptime Sizes = InputTensor[dtype=DType.int64, rank=1, ...]


@extensibility.register("gpt2")
struct GPT2:
    """Set logits [batch, vocab_size] to those of the tokens that follow the last of input_ids [batch, seq_length].

    The other arguments are described in gpt2/cpu/operation.py.
    """

    @staticmethod
    def execute[
        target: StaticString
    ](
        logits: _MutableInputTensor[dtype=DType.float32, rank=2, ...],
        cache: _MutableInputTensor[dtype=DType.float32, rank=5, ...],
        input_ids: Ids,
        positions: Ids,
        past: Sizes,
        padding: Sizes,
        panels: InputTensor[rank=1, ...],
        vectors: InputTensor[dtype=DType.float32, rank=1, ...],
        sizes: Sizes,
        epsilon: InputTensor[dtype=DType.float32, rank=1, ...],
        context: DeviceContext,
    ) raises:
        var batch = input_ids.dim_size(0)
        var seq_length = input_ids.dim_size(1)
        var rows = batch * seq_length
        var n_layer = cache.dim_size(0)
        var vocab_size = logits.dim_size(1)
        var n_positions = Int(sizes.unsafe_ptr()[unsafe_offset=0])
        var n_embd = Int(sizes.unsafe_ptr()[unsafe_offset=1])
        var n_inner = Int(sizes.unsafe_ptr()[unsafe_offset=2])
        var activation = Int(sizes.unsafe_ptr()[unsafe_offset=3])
        var panel = Int(sizes.unsafe_ptr()[unsafe_offset=4])
        if panel != PANEL:
            raise Error("panels have ", PANEL, " columns here, not ", panel)
        var weights = Weights[panels.dtype](
            panels, vectors, n_layer, vocab_size, n_positions, n_embd, n_inner, epsilon.unsafe_ptr()[]
        )

        var memory = List[Float32](unsafe_uninit_length=rows * (2 * n_embd + max(3 * n_embd, n_inner)))
        var x = memory.unsafe_ptr().unsafe_origin_cast[MutUntrackedOrigin]()  # the residual stream [rows, n_embd]
        var normal = x.unsafe_offset(rows * n_embd)  # x after a norm, and the output of the heads
        var wide = normal.unsafe_offset(rows * n_embd)  # queries, keys and values, or the hidden features of the MLP
        var y = logits.unsafe_ptr().unsafe_origin_cast[MutUntrackedOrigin]()

        def program(mut worker: Worker) {imm}:
            _embed(worker, x, input_ids, positions, weights.wte, weights.wpe)
            for layer in range(n_layer):
                var block = weights.blocks[layer]
                block.ln_1(worker, normal, x, rows, n_embd)
                block.c_attn[Then.STORE](worker, wide, normal, rows)
                attend(worker, normal, wide, Cache(cache, past, padding, layer), seq_length, n_embd)
                block.attn_c_proj[Then.ADD](worker, x, normal, rows)

                block.ln_2(worker, normal, x, rows, n_embd)
                block.c_fc[Then.ACTIVATE](worker, wide, normal, rows, activation)
                block.mlp_c_proj[Then.ADD](worker, x, wide, rows)

            # The logits of the last token of each text.
            weights.ln_f(worker, normal, x.unsafe_offset((seq_length - 1) * n_embd), batch, seq_length * n_embd)
            weights.head[Then.STORE](worker, y, normal, batch)

        var multiplications = n_embd * (n_layer * (4 * n_embd + 2 * n_inner) * rows + vocab_size * batch)
        work_together(multiplications, program)
        _ = memory^
        _ = weights^


def _embed(mut worker: Worker, x: MutFloats, input_ids: Ids, positions: Ids, wte: Linear, wpe: Floats):
    """Set x [batch, seq_length, n_embd] to token vectors plus position vectors.

    The token table may also be the weight of the head, so it is stored in panels: a token's vector is a column of a panel.
    """
    var n_embd = wte.n_in

    def part(i: Int) {imm}:
        var id = Int(input_ids.unsafe_ptr()[unsafe_offset=i])
        var scale = wte.scale[unsafe_offset=id]
        var token = wte.panels.unsafe_offset(id // PANEL * n_embd * PANEL + id % PANEL)
        var position = wpe.unsafe_offset(Int(positions.unsafe_ptr()[unsafe_offset=i]) * n_embd)
        var row = x.unsafe_offset(i * n_embd)
        for d in range(n_embd):
            row[unsafe_offset=d] = (
                token[unsafe_offset=d * PANEL].cast[DType.float32]() * scale + position[unsafe_offset=d]
            )

    worker.share(input_ids.dim_size(0) * input_ids.dim_size(1), part)
