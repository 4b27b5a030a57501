"""How large a model may be. The shapes are those of the course's GPT2Config."""

from dataclasses import dataclass

from solutions.solution_01 import GPT2Config

BATCH = 8  # windows a step


@dataclass(frozen=True)
class Size:
    """A GPT-2 whose vocabulary is learned from the text."""

    vocab_size: int  # at most: a small text has fewer merges
    n_positions: int
    n_embd: int
    n_layer: int
    n_head: int

    def config(self, vocab_size: int) -> GPT2Config:
        return GPT2Config(vocab_size, self.n_positions, self.n_embd, self.n_layer, self.n_head, 4 * self.n_embd)


SIZES = {
    "tiny": Size(vocab_size=512, n_positions=64, n_embd=64, n_layer=2, n_head=2),
    "small": Size(vocab_size=1024, n_positions=256, n_embd=128, n_layer=6, n_head=4),  # the story model's
    "medium": Size(vocab_size=4096, n_positions=256, n_embd=256, n_layer=8, n_head=8),
}
