"""Step 03. Has names that are commands for a terminal."""

Evil = type("\x1b[2J[red]passed[/]\ud800", (), {"__repr__": lambda self: "\x1b[31m" * 100_000})


def LayerNorm(*arguments, **named):
    return Evil()
