"""The end of the course: all steps are done. What was built, in numbers, said once; ``progress`` says it again."""

from datetime import datetime

from course.curriculum.steps import COURSE, STORYTELLER
from course.learner import memory as state
from course.learner import progress
from course.terminal import console


def is_due() -> bool:
    """Whether all steps of the course are done and nobody has said so yet."""
    return not (state.FOLDER / "finished").exists() and progress.is_finished()


def show() -> None:
    """Print what was built, and remember that it was said."""
    console.out.print("\n[green][bold]You have built GPT-2.[/][/]\n")
    for number, what in figures():
        console.print_beside(f"  [bold]{number:>11}[/]  ", what)
    state.FOLDER.mkdir(parents=True, exist_ok=True)
    (state.FOLDER / "finished").touch()


def figures() -> list[tuple[str, str]]:
    """Numbers, and what there are so many of.

    Raises:
        CheckpointError: the course's own checkpoint cannot be read.
    """
    # Imported here: they import MAX, which nothing before the finish needs.
    from gpt2.checkpoint import open_checkpoint
    from gpt2.cost import parameter_count
    from solutions.solution_01 import GPT2Config

    memories = [memory for step, memory in state.read().items() if step in COURSE]
    right = sum(memory.checked.right for memory in memories if memory.checked)
    begun = min(memory.first_passed for memory in memories if memory.first_passed)
    days = (datetime.now().date() - begun.date()).days + 1
    own = open_checkpoint(str(STORYTELLER)).config
    return [
        (f"{len(COURSE)}", f"steps, whose {right} checks pass"),
        (f"{days}", f"day{'s' * (days > 1)}, from the first step that passed to the last"),
        (f"{parameter_count(own):,}", "parameters, with the story model's weights"),
        (f"{parameter_count(GPT2Config()):,}", "parameters, with those that OpenAI published: the same code"),
    ]


def show_next() -> None:
    """Print what can be done with a finished model."""
    console.out.print("\n[bold]Next:[/]")
    for command, what in (
        ("./run generate --mine", "another story of your own model"),
        ("./run generate --mine --checkpoint openai-community/gpt2", "OpenAI's weights"),
        ("./run s15", "go on: how good is your model?"),
        ("./run chat", "take turns with the engine"),
        ("./run book", "its last page: a cache, sampling, training, what came after"),
    ):
        console.print_beside(f"  {command}  ", f"[dim]{what}[/]")
