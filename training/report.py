"""What a person reads while a model is trained: a bar with the loss and the time left, and what the model writes."""

from rich.progress import BarColumn, Progress, TextColumn
from rich.text import Text

from course.terminal.console import err, printable
from training.loop import Look, Training

SMOOTH = 0.95  # of the loss on the bar: a single step's jumps


class Report:
    """A bar on a terminal; into a pipe a line for each look."""

    def __init__(self, training: Training) -> None:
        self.loss: float | None = None
        self.bar = Progress(
            TextColumn("step {task.completed} of {task.total}"),
            BarColumn(bar_width=20),
            TextColumn("{task.description}"),
            console=err,
            transient=True,
            disable=not err.is_terminal,
        )
        self.task = self.bar.add_task("", total=training.steps, completed=training.done)

    def __enter__(self) -> "Report":
        self.bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.bar.stop()

    def step(self, training: Training) -> None:
        self.loss = training.loss if self.loss is None else SMOOTH * self.loss + (1 - SMOOTH) * training.loss
        told = f"loss {self.loss:.2f}"
        if training.looks:
            told += f", held out {training.looks[-1].held_out:.2f}"
        self.bar.update(self.task, completed=training.done, description=f"{told}, {time_left(training)} left")

    def look(self, training: Training, look: Look) -> None:
        if not err.is_terminal:
            self.say(
                f"step {look.step} of {training.steps}: loss {look.training:.3f}, held out {look.held_out:.3f}, "
                f"{time_left(training)} left"
            )

    def sample(self, text: str) -> None:
        self.say(f"\n{printable(text.replace(chr(10), ' '))}\n")

    def say(self, text: str) -> None:
        self.bar.console.print(Text(text))


def time_left(training: Training) -> str:
    seconds = training.seconds / training.done * (training.steps - training.done)
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"
