"""Commands that put the finished model to work: generate, chat, serve."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from course.commands.app import DeviceName, app
from course.curriculum.steps import STEPS_FOLDER, STORYTELLER
from course.refusal import Refusal, refusing
from course.terminal import console

if TYPE_CHECKING:
    from gpt2.sampling import Sampling

# How a text is chosen.
Temperature = Annotated[float, typer.Option(help="0: the likeliest text. Over 1: wilder and wilder.")]
Greedy = Annotated[bool, typer.Option("--greedy", help="Take the likeliest token each time.")]
TopK = Annotated[int | None, typer.Option(metavar="K", help="Draw from the K likeliest tokens only.")]
TopP = Annotated[
    float, typer.Option(metavar="P", help="Draw from the likeliest tokens, as few as together have probability P.")
]
MinP = Annotated[float, typer.Option(metavar="P", help="Draw from tokens at least P times as likely as the likeliest.")]
RepetitionPenalty = Annotated[
    float, typer.Option(metavar="X", help="Over 1: make tokens that have occurred less likely, the prompt's too.")
]
PresencePenalty = Annotated[
    float, typer.Option(metavar="X", help="Taken off the logits of tokens that the text has used.")
]
FrequencyPenalty = Annotated[
    float, typer.Option(metavar="X", help="Taken off the logits of a token for each time the text has used it.")
]
Seed = Annotated[int | None, typer.Option(metavar="N", help="The same seed tells the same story.")]

Stop = Annotated[
    list[str] | None, typer.Option(metavar="TEXT", help="End before this text. May be given several times.")
]
CheckpointName = Annotated[
    str, typer.Option(metavar="DIR_OR_HUB_NAME", help="A GPT-2: a folder, or a name such as openai-community/gpt2.")
]
Weights = Annotated[
    Literal["float32", "bfloat16", "int8"], typer.Option(help="What weights are kept as: fewer bits are read faster.")
]


@app.command("generate")
def generate_text(
    context: typer.Context,
    prompt: Annotated[str, typer.Argument(help="What the text begins with.")] = "Once upon a time",
    max_new_tokens: Annotated[
        int | None, typer.Option(metavar="N", help="Default: 200, or as many as the context has room for.")
    ] = None,
    slide: Annotated[
        bool, typer.Option("--slide", help="Go on with the last half of the context when it is full.")
    ] = False,
    stop: Stop = None,
    samples: Annotated[int, typer.Option(min=1, metavar="N", help="How many texts, each with the next seed.")] = 1,
    show_probabilities: Annotated[
        bool,
        typer.Option("--show-probabilities", help="Colour each token by its probability, and list the runners-up."),
    ] = False,
    stats: Annotated[
        bool, typer.Option("--stats", help="Say how long it took, why it ended, and which seed it had.")
    ] = False,
    naive: Annotated[
        bool, typer.Option("--naive", help="Generate with step 14's loop, which reads the text again for each token.")
    ] = False,
    mine: Annotated[bool, typer.Option("--mine", help="Run the model and the loop in steps/: your own.")] = False,
    weights: Weights = "float32",
    device: DeviceName = None,
    checkpoint: CheckpointName = str(STORYTELLER),
    temperature: Temperature = 0.8,
    greedy: Greedy = False,
    top_k: TopK = None,
    top_p: TopP = 1.0,
    min_p: MinP = 0.0,
    repetition_penalty: RepetitionPenalty = 1.0,
    presence_penalty: PresencePenalty = 0.0,
    frequency_penalty: FrequencyPenalty = 0.0,
    seed: Seed = None,
) -> None:
    """Let the model write: the small story model that comes with the course, or another GPT-2."""
    from course.learner import progress
    from course.writing.generate import generate

    penalties = (repetition_penalty, presence_penalty, frequency_penalty)
    with _as_typed(context, checkpoint):
        sampling = _sampling(greedy, temperature, top_k, top_p, min_p, *penalties, seed)
        generate(
            prompt,
            sampling,
            max_new_tokens=max_new_tokens,
            slide=slide,
            stop=stop or (),
            naive=naive,
            steps=STEPS_FOLDER if mine else None,
            own_cache=mine and progress.passes_now(16),
            weights=weights,
            device=device,
            checkpoint=checkpoint,
            samples=samples,
            show_probabilities=show_probabilities,
            stats=stats,
        )


@app.command("chat")
def chat_with_model(
    context: typer.Context,
    max_new_tokens: Annotated[int, typer.Option(min=1, metavar="N", help="For each reply.")] = 200,
    stop: Stop = None,
    weights: Weights = "float32",
    device: DeviceName = None,
    checkpoint: CheckpointName = str(STORYTELLER),
    temperature: Temperature = 0.8,
    greedy: Greedy = False,
    top_k: TopK = None,
    top_p: TopP = 1.0,
    min_p: MinP = 0.0,
    repetition_penalty: RepetitionPenalty = 1.0,
    presence_penalty: PresencePenalty = 0.0,
    frequency_penalty: FrequencyPenalty = 0.0,
    seed: Seed = None,
) -> None:
    """Take turns with the model writing one text. GPT-2 does not answer questions: it continues what is there."""
    from course.writing.chat import chat

    penalties = (repetition_penalty, presence_penalty, frequency_penalty)
    with _as_typed(context, checkpoint):
        sampling = _sampling(greedy, temperature, top_k, top_p, min_p, *penalties, seed)
        chat(
            sampling,
            max_new_tokens=max_new_tokens,
            stop=stop or (),
            weights=weights,
            device=device,
            checkpoint=checkpoint,
        )


@app.command("serve", context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def serve_model(
    context: typer.Context,
    checkpoint: CheckpointName = str(STORYTELLER),
    host: Annotated[str, typer.Option(help="The address to listen on; 0.0.0.0 means all of them.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535)] = 8000,
    device: DeviceName = None,
) -> None:
    """Serve a model through an OpenAI-compatible API; further arguments go to max serve."""
    from course.writing.serve import serve

    try:
        with _as_typed(context, checkpoint):
            serve(checkpoint, host=host, port=port, device=device, further=context.args)
    except KeyboardInterrupt:  # which is how a server ends
        console.err.print("Stopped.")


@contextmanager
def _as_typed(context: typer.Context, checkpoint: str) -> Iterator[None]:
    """Let an error name an option as it is typed, --top-p, where the engine names its setting, top_p."""
    from gpt2.checkpoint import CheckpointError

    options = {each.name: each.opts[0] for each in context.command.params}
    try:
        yield
    except Refusal as error:
        name, space, rest = str(error).partition(" ")
        raise Refusal(f"{options.get(name.removesuffix(':'), name)}{':' * name.endswith(':')}{space}{rest}") from error
    except CheckpointError as error:
        raise Refusal(
            str(error) if checkpoint == str(STORYTELLER) else f"--checkpoint {checkpoint}: {error}"
        ) from error


def _sampling(
    greedy: bool,
    temperature: float,
    top_k: int | None,
    top_p: float,
    min_p: float,
    repetition_penalty: float,
    presence_penalty: float,
    frequency_penalty: float,
    seed: int | None,
) -> "Sampling":
    """The settings of a command line as the engine takes them."""
    from gpt2.sampling import Sampling

    with refusing(ValueError):
        sampling = Sampling(
            temperature=temperature,
            top_k=top_k,
            top_p=top_p,
            min_p=min_p,
            repetition_penalty=repetition_penalty,
            presence_penalty=presence_penalty,
            frequency_penalty=frequency_penalty,
            seed=seed,
        )
    return replace(sampling, temperature=0) if greedy else sampling
