"""What a request may ask. MAX lets more through than its model worker survives, and that ends the server."""

from typing import Any

from max.pipelines.context import TextContext
from max.pipelines.context.exceptions import InputError
from max.pipelines.lib import PipelineConfig, TextTokenizer


class GPT2Tokenizer(TextTokenizer):
    """MAX's tokenizer, for a model that may have more ids than its tokenizer: those have no text."""

    def __init__(self, model_path: str, pipeline_config: PipelineConfig, **settings: Any) -> None:
        super().__init__(model_path, pipeline_config, **settings)
        self.tokenizer_vocab_size = pipeline_config.model.huggingface_config.vocab_size


def check_request(context: TextContext) -> None:
    """Refuse what the model cannot do, so that the answer is a 400.

    Raises:
        InputError: ids outside of the vocabulary, more than the vocabulary to draw from, or the prompt's scores.
    """
    size = context.vocab_size
    if outside := [int(id) for id in context.tokens.prompt if not 0 <= id < size]:
        raise InputError(f"id {outside[0]} in the prompt: expected 0 to {size - 1}")
    if context.sampling_params.top_k > size:
        raise InputError(f"top_k {context.sampling_params.top_k}: expected 1 to {size}, or -1 for all")
    if context.log_probabilities_echo:
        raise InputError("echo is not supported: the model scores what follows the prompt")
