"""Step 18: texts of different lengths as a rectangle, with the positions of their tokens, and the mask of one of them."""

import numpy as np
from max.dtype import DType
from max.experimental.tensor import Tensor

from book.pictures.storyteller import device, encode, words
from book.pictures.svg import SMALL, WIDTH, Picture
from solutions.solution_18 import HIDDEN, pad_left, padded_mask, padded_positions

TEXTS = ("Once upon a time", "A squirrel", "One day she")
SHOWN = 1  # the text whose mask is drawn


def draw() -> str:
    texts = [Tensor(encode(text), device=device) for text in TEXTS]
    input_ids, padding = pad_left(texts)
    columns = int(input_ids.shape[1])
    positions = np.from_dlpack(padded_positions(padding, 0, columns))
    lacking = np.from_dlpack(padding).tolist()
    mask = np.array(np.from_dlpack(padded_mask(padding, 0, columns, DType.float32)))[SHOWN, 0]
    names = [["pad"] * pads + words(encode(text)) for text, pads in zip(TEXTS, lacking)]
    told = ", ".join(f"{pads} before “{text}”" for text, pads in zip(TEXTS, lacking))
    p = Picture(
        "batch",
        "Three texts as a rectangle, and what the second one may look at",
        f"""A row for each text, with columns of padding before it: {told}. Under each token stands its position in its own text. Below, the mask of
        “{TEXTS[SHOWN]}”: its tokens see themselves and those before them, and no padding.""",
    )
    width, high, y = WIDTH / columns, 46.0, 0.0
    for row, (name, pads) in enumerate(zip(names, lacking)):
        for column, word in enumerate(name):
            is_text = column >= pads
            left = width * column + 2
            p.rect(
                left, y + 2, width - 4, high - 4, fill="a" if is_text else None, opacity=0.25, stroke="line", radius=3
            )
            p.text(left + width / 2 - 2, y + 20, word.strip(), size=SMALL, anchor="middle")
            if is_text:
                p.text(left + width / 2 - 2, y + 38, str(positions[row, column]), size=SMALL, anchor="middle")
        y += high
    y += 32
    side, left = 34.0, 120.0
    p.text(2, y - 8, f"the mask of “{TEXTS[SHOWN]}”", size=SMALL, bold=True)
    for looking, name in enumerate(names[SHOWN]):
        p.text(left - 8, y + side * looking + 22, name.strip(), size=SMALL, anchor="end")
        for seen in range(columns):
            value = mask[looking, seen]
            fill = {0.0: "c", np.float32(HIDDEN): "b"}.get(value)  # neither: the future
            p.rect(
                left + side * seen + 1, y + side * looking + 1, side - 2, side - 2, fill=fill, stroke="line", radius=3
            )
    x = left + side * columns + 14
    for place, (fill, label) in enumerate((("c", "0"), ("b", f"{HIDDEN:g}"), (None, "-inf"))):
        p.rect(x, y + 26 * place + 4, 18, 18, fill=fill, stroke="line", radius=3)
        p.text(x + 26, y + 26 * place + 18, label, size=SMALL, mono=True)
    return p.svg(y + side * columns + 6)
