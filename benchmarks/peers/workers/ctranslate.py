"""CTranslate2, with the model converted as its own converter for GPT-2 does, without PyTorch."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import ctranslate2
import numpy as np
from ctranslate2.specs import TransformerDecoderModelSpec, common_spec
from safetensors.numpy import load_file

from benchmarks.peers.protocol import CORES, serve


class CTranslate2:
    def __init__(self, checkpoint: Path, weights: str) -> None:
        converted = checkpoint / f"ctranslate2-{weights}"
        if not converted.is_dir():
            convert(checkpoint, weights, converted)
        self.model = ctranslate2.Generator(str(converted), compute_type=weights, inter_threads=1, intra_threads=CORES)

    def generate(self, prompts: list[list[int]], steps: int, on_tokens: Callable) -> None:
        tokens: list[int] = []

        def on_token(result: ctranslate2.GenerationStepResult) -> bool:
            tokens.append(result.token_id)
            if len(tokens) == len(prompts):
                on_tokens(tokens)
                tokens.clear()
            return False

        length = steps + 1
        self.model.generate_batch(
            [[str(token) for token in prompt] for prompt in prompts],
            max_length=length,
            min_length=length,  # the token that ends a text does not
            include_prompt_in_result=False,  # and so the prompt is read in one go
            callback=on_token,
        )

    def score(self, prompt: list[int], tokens: list[int]) -> np.ndarray:
        logits = self.model.forward_batch([prompt + tokens[:-1]])
        return np.array(logits)[0, len(prompt) - 1 :]


def convert(checkpoint: Path, weights: str, folder: Path) -> None:
    config = json.loads((checkpoint / "config.json").read_text())
    stored = load_file(checkpoint / "model.safetensors")
    spec = TransformerDecoderModelSpec.from_config(
        config["n_layer"], config["n_head"], activation=common_spec.Activation.GELUTanh
    )
    decoder = spec.decoder
    decoder.scale_embeddings = False
    decoder.embeddings.weight = decoder.projection.weight = stored["wte.weight"]
    decoder.position_encodings.encodings = stored["wpe.weight"]
    pairs = [(decoder.layer_norm, "ln_f")]
    for index, layer in enumerate(decoder.layer):
        for part, name in (
            (layer.self_attention.layer_norm, "ln_1"),
            (layer.self_attention.linear[0], "attn.c_attn"),
            (layer.self_attention.linear[1], "attn.c_proj"),
            (layer.ffn.layer_norm, "ln_2"),
            (layer.ffn.linear_0, "mlp.c_fc"),
            (layer.ffn.linear_1, "mlp.c_proj"),
        ):
            pairs.append((part, f"h.{index}.{name}"))
    for part, name in pairs:
        weight, bias = stored[f"{name}.weight"], stored[f"{name}.bias"]
        if isinstance(part, common_spec.LayerNormSpec):
            part.gamma, part.beta = weight, bias
        else:
            part.weight, part.bias = np.ascontiguousarray(weight.T), bias
    spec.register_vocabulary([str(token) for token in range(config["vocab_size"])])
    end = str(config["eos_token_id"])
    spec.config.bos_token = spec.config.eos_token = spec.config.unk_token = end
    spec.validate()
    spec.optimize(quantization=weights)
    part = folder.with_suffix(".part")
    part.mkdir(exist_ok=True)
    spec.save(str(part))
    os.replace(part, folder)


if __name__ == "__main__":
    serve(CTranslate2)
