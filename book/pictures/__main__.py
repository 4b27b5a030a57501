"""Draws the pictures: python -m book.pictures [FOLDER]"""

import sys
from pathlib import Path

from book.pictures import (
    attention_map,
    caching,
    embeddings,
    evaluation,
    filters,
    gelu,
    generation,
    losses,
    mask,
    model,
    norm,
    residual,
    shapes,
    speed,
)

PICTURES = {
    "attention-map": attention_map.draw,
    "attention-shapes": shapes.scaled_dot_product,
    "block": model.block,
    "causal-mask": mask.draw,
    "filters": filters.filters,
    "gelu": gelu.draw,
    "generation-growth": generation.growth,
    "gpt2-map": model.gpt2_map,
    "kv-cache": caching.draw,
    "layer-norm": norm.draw,
    "lm-head": generation.lm_head,
    "losses-book": losses.book,
    "losses-stories": losses.stories,
    "model-stack": model.stack,
    "multi-head-shapes": shapes.multi_head,
    "position-embeddings": embeddings.positions,
    "qkv-shapes": shapes.qkv,
    "residual-stream": residual.draw,
    "speed": speed.draw,
    "surprise": evaluation.surprise,
    "temperature": generation.temperature,
    "token-embeddings": embeddings.tokens,
    "windows": evaluation.windows,
}


def main(folder: Path = Path(__file__).parent) -> None:
    for name, draw in PICTURES.items():
        (folder / f"{name}.svg").write_text(draw(), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
