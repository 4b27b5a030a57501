"""ONNX Runtime, on a graph of its fused operators, with a cache that is written in place."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnxruntime
from onnx import ModelProto, TensorProto, helper, numpy_helper, save_model
from onnxruntime.quantization import QuantType, quantize_dynamic
from safetensors.numpy import load_file

from benchmarks.peers.protocol import CORES, serve

FLOAT, INT32, INT64 = TensorProto.FLOAT, TensorProto.INT32, TensorProto.INT64


class OnnxRuntime:
    def __init__(self, checkpoint: Path, weights: str) -> None:
        self.config = json.loads((checkpoint / "config.json").read_text())
        converted = checkpoint / f"onnx-{weights}"
        if not converted.is_dir():
            convert(checkpoint, self.config, weights, converted)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = CORES
        self.session = onnxruntime.InferenceSession(
            converted / "model.onnx", options, providers=["CPUExecutionProvider"]
        )

    def start(self, batch: int, capacity: int) -> list[onnxruntime.OrtValue]:
        """An empty cache: keys and values of each layer [batch, n_head, capacity, head_dim]."""
        head_dim = self.config["n_embd"] // self.config["n_head"]
        shape = (batch, self.config["n_head"], capacity, head_dim)
        return [
            onnxruntime.OrtValue.ortvalue_from_numpy(np.zeros(shape, np.float32))
            for _ in range(2 * self.config["n_layer"])
        ]

    def extend(self, ids: np.ndarray, past: int, cache: list[onnxruntime.OrtValue]) -> np.ndarray:
        """Logits [batch, vocab_size] after ``ids`` [batch, seq_length]."""
        batch, seq_length = ids.shape
        total = past + seq_length
        binding = self.session.io_binding()
        binding.bind_cpu_input("ids", ids.astype(np.int64))
        binding.bind_cpu_input("positions", np.tile(np.arange(past, total), (batch, 1)))
        binding.bind_cpu_input("last", np.full(batch, total - 1, np.int32))
        binding.bind_cpu_input("total", np.array(total, np.int32))
        for index, value in enumerate(cache):
            binding.bind_ortvalue_input(f"past.{index}", value)
            binding.bind_ortvalue_output(f"present.{index}", value)
        binding.bind_output("logits")
        self.session.run_with_iobinding(binding)
        return binding.get_outputs()[-1].numpy()

    def generate(self, prompts: list[list[int]], steps: int, on_tokens: Callable) -> None:
        past = len(prompts[0])
        cache = self.start(len(prompts), past + steps)
        on_tokens(tokens := self.extend(np.array(prompts), 0, cache).argmax(axis=-1))
        for step in range(steps):
            on_tokens(tokens := self.extend(tokens[:, None], past + step, cache).argmax(axis=-1))

    def score(self, prompt: list[int], tokens: list[int]) -> np.ndarray:
        cache = self.start(1, len(prompt) + len(tokens))
        rows = [self.extend(np.array([prompt]), 0, cache)[0]]
        for done, token in enumerate(tokens[:-1]):
            rows.append(self.extend(np.array([[token]]), len(prompt) + done, cache)[0])
        return np.stack(rows)


def convert(checkpoint: Path, config: dict, weights: str, folder: Path) -> None:
    part = folder.with_suffix(".part")
    part.mkdir(exist_ok=True)
    model = graph(load_file(checkpoint / "model.safetensors"), config)
    float32, final = part / "float32.onnx", part / "model.onnx"
    save_model(model, float32 if weights == "int8" else final, save_as_external_data=True, location="weights")
    if weights == "int8":
        quantize_dynamic(
            float32,
            final,
            op_types_to_quantize=["MatMul"],
            per_channel=True,
            weight_type=QuantType.QInt8,
            use_external_data_format=True,
            extra_options={"DefaultTensorType": FLOAT},
        )
    os.replace(part, folder)


def graph(stored: dict[str, np.ndarray], config: dict) -> ModelProto:
    n_embd, n_layer, n_head = config["n_embd"], config["n_layer"], config["n_head"]
    epsilon = config["layer_norm_epsilon"]
    nodes = []
    stored = {**stored, "head": np.ascontiguousarray(stored["wte.weight"].T), "end": np.array(-1)}

    def add(kind: str, inputs: list[str], outputs: list[str], domain: str = "", **attributes: object) -> str:
        nodes.append(helper.make_node(kind, inputs, outputs, domain=domain, **attributes))
        return outputs[0]

    def fused(kind: str, inputs: list[str], outputs: list[str], **attributes: object) -> str:
        return add(kind, inputs, outputs, "com.microsoft", **attributes)

    def norm(x: str, residual: str, bias: str, name: str, before: str) -> tuple[str, str]:
        """The sum of a layer's result, its bias and the residual: normalized, and as it is."""
        y, total = f"{before}.normed", f"{before}.sum"
        inputs = [x, residual, f"{name}.weight", f"{name}.bias", bias]
        fused("SkipLayerNormalization", inputs, [y, "", "", total], epsilon=epsilon)
        return y, total

    x = add("Gather", ["wte.weight", "ids"], ["tokens"])
    places = add("Gather", ["wpe.weight", "positions"], ["places"])
    stored["none"] = np.zeros(n_embd, np.float32)
    y, x = norm(x, places, "none", "h.0.ln_1", "h.0.in")
    for layer in range(n_layer):
        h = f"h.{layer}"
        qkv = add("MatMul", [y, f"{h}.attn.c_attn.weight"], [f"{h}.product"])
        qkv = add("Add", [qkv, f"{h}.attn.c_attn.bias"], [f"{h}.qkv"])
        key, value = 2 * layer, 2 * layer + 1
        y = fused(
            "GroupQueryAttention",
            [qkv, "", "", f"past.{key}", f"past.{value}", "last", "total"],
            [f"{h}.attended", f"present.{key}", f"present.{value}"],
            num_heads=n_head,
            kv_num_heads=n_head,
        )
        y = add("MatMul", [y, f"{h}.attn.c_proj.weight"], [f"{h}.projected"])
        y, x = norm(y, x, f"{h}.attn.c_proj.bias", f"{h}.ln_2", f"{h}.mid")
        y = add("MatMul", [y, f"{h}.mlp.c_fc.weight"], [f"{h}.wide"])
        y = fused("FastGelu", [y, f"{h}.mlp.c_fc.bias"], [f"{h}.gelu"])
        y = add("MatMul", [y, f"{h}.mlp.c_proj.weight"], [f"{h}.narrow"])
        after = f"h.{layer + 1}.ln_1" if layer + 1 < n_layer else "ln_f"
        y, x = norm(y, x, f"{h}.mlp.c_proj.bias", after, f"{h}.out")
    y = add("Gather", [y, "end"], ["final"], axis=1)
    add("MatMul", [y, "head"], ["logits"])

    shape = ["batch", n_head, "capacity", n_embd // n_head]
    make = helper.make_tensor_value_info
    inputs = [make("ids", INT64, ["batch", "seq"]), make("positions", INT64, ["batch", "seq"])]
    inputs += [make("last", INT32, ["batch"]), make("total", INT32, [])]
    inputs += [make(f"past.{index}", FLOAT, shape) for index in range(2 * n_layer)]
    outputs = [make(f"present.{index}", FLOAT, shape) for index in range(2 * n_layer)]
    outputs += [make("logits", FLOAT, ["batch", config["vocab_size"]])]
    used = {name for node in nodes for name in node.input}
    initializers = [numpy_helper.from_array(array, name) for name, array in stored.items() if name in used]
    versions = [helper.make_opsetid("", 20), helper.make_opsetid("com.microsoft", 1)]
    return helper.make_model(
        helper.make_graph(nodes, "gpt2", inputs, outputs, initializers), opset_imports=versions, ir_version=10
    )


if __name__ == "__main__":
    serve(OnnxRuntime)
