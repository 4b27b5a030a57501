"""Refuses requests that MAX's server would accept, but that would crash its model worker, and the server with it."""

from typing import Any

from max.pipelines.context import TextContext
from max.pipelines.context.exceptions import InputError
from max.pipelines.lib import PipelineConfig, TextTokenizer


class GPT2Tokenizer(TextTokenizer):
    """MAX's tokenizer, for a vocabulary that may have ids beyond those of the tokenizer, which have no text."""

    def __init__(self, model_path: str, pipeline_config: PipelineConfig, **settings: Any) -> None:
        super().__init__(model_path, pipeline_config, **settings)
        self.tokenizer_vocab_size = pipeline_config.model.huggingface_config.vocab_size


def check_request(context: TextContext) -> None:
    """Refuse a request that the model cannot serve. MAX answers it with status 400.

    Raises:
        InputError: an id is outside the vocabulary, top_k is larger than it, or the prompt is to be scored.
    """
    size = context.vocab_size
    if outside := [int(id) for id in context.tokens.prompt if not 0 <= id < size]:
        raise InputError(f"id {outside[0]} in the prompt: expected 0 to {size - 1}")
    if context.sampling_params.top_k > size:
        raise InputError(f"top_k {context.sampling_params.top_k}: expected 1 to {size}, or -1 for all")
    if context.log_probabilities_echo:
        raise InputError("echo is not supported: the model scores what follows the prompt")
