"""Step 01: the model configuration.

Seven numbers fix the architecture of a GPT-2: every weight's shape follows from them.

Check your work: `pixi run s01` (or `./run s01`).
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class GPT2Config:
    """The shape of a GPT-2. The defaults are the published 124M model ("gpt2").

    Field names and values follow Hugging Face's ``config.json``; sizes are from table 2
    of the GPT-2 paper (Radford et al., 2019).
    """

    # TODO 1: declare the seven fields, each with its type and its default:
    #   vocab_size          50257  tokens that the model knows
    #   n_positions          1024  tokens that it can see at once
    #   n_embd                768  numbers that describe one token
    #   n_layer                12  transformer blocks
    #   n_head                 12  attention heads in a block
    #   n_inner              3072  hidden units of a block's feed-forward network
    #   layer_norm_epsilon   1e-5  keeps layer normalization from dividing by zero

    @property
    def head_dim(self) -> int:
        """How many of the ``n_embd`` features one attention head works on.

        Raises:
            ValueError: ``n_embd`` does not divide evenly among ``n_head`` heads.
        """
        # TODO 2: share n_embd out among the heads:
        #   raise ValueError, naming both numbers, if n_embd is not a multiple of n_head;
        #   return the integer n_embd / n_head.
        raise NotImplementedError("step 01, TODO 2: share n_embd out among the heads")
