"""What MAX's server answers, as OpenAI's API has it: texts end before a stop string, and tokens have their places."""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, fields, replace
from itertools import accumulate
from typing import Any

from max.pipelines.context import GenerationStatus
from max.pipelines.modeling.types import TextGenerationRequest
from max.serve.pipelines.llm import TokenGeneratorOutput, TokenGeneratorPipeline
from max.serve.schemas.openai import CompletionLogprobs


@dataclass(frozen=True)
class PlacedOutput(TokenGeneratorOutput):
    """A piece of a text that knows where it begins, in characters of the whole text."""

    place: int = 0


class Pipeline(TokenGeneratorPipeline):
    """MAX's pipeline, whose texts end before a stop string, even where that comes in several tokens or pieces."""

    async def next_token_chunk(
        self, request: TextGenerationRequest, **options: Any
    ) -> AsyncGenerator[TokenGeneratorOutput, None]:
        pieces = await super().next_token_chunk(request, **options)
        return self._until_stop(request, pieces)

    async def _until_stop(
        self, request: TextGenerationRequest, pieces: AsyncGenerator[TokenGeneratorOutput, None]
    ) -> AsyncGenerator[TokenGeneratorOutput, None]:
        stop = request.sampling_params.stop or []
        held, place = "", 0
        async for piece in pieces:
            text = held + (piece.decoded_tokens or "")
            end = min((at for each in stop if (at := text.find(each)) >= 0), default=None)
            if end is not None:
                yield _placed(replace(piece, decoded_tokens=text[:end], status=GenerationStatus.END_OF_SEQUENCE), place)
                self.model_worker.cancel(request.request_id)
                await pieces.aclose()
                return
            held = "" if piece.status.is_done else held_back(text, stop)
            told = text[: len(text) - len(held)]
            yield _placed(replace(piece, decoded_tokens=told or None), place)
            place += len(told)


def _placed(piece: TokenGeneratorOutput, place: int) -> PlacedOutput:
    return PlacedOutput(**{field.name: getattr(piece, field.name) for field in fields(piece)}, place=place)


def held_back(text: str, stop: Sequence[str]) -> str:
    """The end of a text that may be the beginning of a stop string."""
    longest = max(map(len, stop), default=0)
    ends = (text[-length:] for length in range(min(longest, len(text)), 0, -1))
    return next((end for end in ends if any(each.startswith(end) for each in stop)), "")


def logprobs(pieces: Sequence[TokenGeneratorOutput]) -> CompletionLogprobs:
    """What the completions of OpenAI's API tell of each token; ``text_offset`` counts characters of the completion."""
    tokens: list[str] = []
    offsets: list[int] = []
    for piece in pieces:
        own = piece.sampled_tokens or []
        tokens += own
        offsets += list(accumulate(map(len, own), initial=getattr(piece, "place", 0)))[:-1]
    return CompletionLogprobs(
        tokens=tokens,
        text_offset=offsets,
        token_logprobs=[value for piece in pieces for value in piece.token_log_probabilities or []],
        top_logprobs=[dict(top.values()) for piece in pieces for top in piece.top_log_probabilities or []],
    )
