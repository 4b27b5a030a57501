"""In a chat each line continues the text, the model continues it from there, and Ctrl-C stops only the reply."""

import io
import json
import os
import pty
import select
import shutil
import signal
import subprocess
import sys
import termios
import time

import pytest

from course.curriculum.steps import ROOT, STORYTELLER
from course.writing.chat import COMMANDS, chat
from gpt2.generator import Generator, Token
from gpt2.sampling import Sampling

PATIENCE = 120.0  # seconds for what takes three on an idle machine


@pytest.fixture
def converse(monkeypatch, folder, capsys):
    """Runs a chat in which lines come from a pipe. Returns what the model read each time, and what was printed."""

    def converse(lines, replies, sampling=Sampling(), with_errors=False, **options):
        read = []

        def stream(self, prompt, sampling, **options):
            read.append((prompt, sampling, options))
            text, reason = replies[len(read) - 1]
            yield from (Token(1, sign, 0.0, [], None) for sign in text)
            yield Token(1, "", 0.0, [], reason)

        monkeypatch.setattr("gpt2.generator.load_cached_model", lambda checkpoint, device, weights: None)
        monkeypatch.setattr(Generator, "stream", stream)
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(lines)))
        chat(sampling, checkpoint=str(folder), **{"max_new_tokens": 9, **options})
        printed = capsys.readouterr()
        return (read, printed.out, printed.err) if with_errors else (read, printed.out)

    return converse


def test_lines_and_replies_are_one_text(converse):
    lines = b"One day\nThen he ran\n, and ran\n\nThe end\nTwo\n"
    replies = [
        (" he sat.", "length"),
        (" off", "stop"),
        (" on.", "length"),
        (" And on.", "length"),
        (".", "eos"),
        ("", "eos"),
    ]
    read, printed = converse(lines, replies)
    assert [text for text, _, _ in read] == [
        "One day",
        "One day he sat. Then he ran",  # after a space
        "One day he sat. Then he ran off, and ran",  # but not so before a comma
        "One day he sat. Then he ran off, and ran on.",  # nothing is typed: it goes on
        "One day he sat. Then he ran off, and ran on. And on. The end",
        "One day he sat. Then he ran off, and ran on. And on. The end.<|endoftext|>Two",
    ]
    assert printed == " he sat.\n off\n on.\n And on.\n.\n\n"


def test_commands_are_no_part_of_the_text(converse):
    read, printed = converse(
        b"One\n/help\n /HELP\n/reset\nTwo\n/what\nand /help\n/quit\nThree\n", [("!", "length")] * 3
    )
    assert [text for text, _, _ in read] == ["One", "Two", "Two! and /help"]
    assert printed == "!\n!\n!\n"


def test_commands_are_answered(converse):
    _, _, told = converse(b"/help\n/reset\n/what\n/quit\n", [], with_errors=True)
    told = " ".join(told.split())
    assert all(command in told for command in COMMANDS)
    assert "cannot answer questions" in told and "A new text." in told and "There is no /what" in told


def test_with_nothing_to_go_on_from_nothing_is_said(converse):
    read, printed = converse(b"\n\n  One", [("!", "length")])
    assert [text for text, _, _ in read] == ["  One"]
    assert printed == "!\n"


def test_bytes_that_are_no_text_are_read_as_such(converse):
    read, _ = converse(b"a\xffb\n", [("!", "length")])
    assert [text for text, _, _ in read] == ["a\ufffdb"]


def test_options_reach_the_engine_and_a_seed_gives_each_reply_its_own(converse):
    replies = [("a", "length")] * 2
    read, _ = converse(b"One\nTwo\n", replies, Sampling(0.5, seed=2**32 - 1), stop=["."])
    assert [sampling for _, sampling, _ in read] == [Sampling(0.5, seed=2**32 - 1), Sampling(0.5, seed=0)]
    assert [options for _, _, options in read] == [{"max_new_tokens": 9, "slide": True, "stop": ["."]}] * 2
    read, _ = converse(b"One\nTwo\n", replies)
    assert [sampling for _, sampling, _ in read] == [Sampling()] * 2


def test_a_chat_goes_on_past_the_context(monkeypatch, write_checkpoint, tmp_path, cached_model, capsys):
    monkeypatch.setattr("gpt2.generator.load_cached_model", lambda checkpoint, device, weights: cached_model)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"One\n" * 4)))
    endless = write_checkpoint(tmp_path / "endless", eos_token_id=None)
    bytes_alone = Sampling(temperature=2.0, seed=1, banned_ids=range(256, 1024))
    chat(bytes_alone, checkpoint=str(endless), max_new_tokens=100)
    assert len(capsys.readouterr().out) > 300  # of 400 bytes, where the context has 256 places


# At a terminal

# Tests that run in the background of a shell ignore Ctrl-C, and so would what they start.
INTERRUPTIBLE = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.SIG_DFL)
os.execv(sys.executable, [sys.executable, "-m", "course", *sys.argv[1:]])
"""

# Makes its standard input the terminal that it belongs to, so that Ctrl-C reaches it.
AT_TERMINAL = f"import fcntl, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0)\n{INTERRUPTIBLE}"


class Terminal:
    """A command of the course, at a terminal of its own, which Ctrl-C reaches as it does a person's."""

    def __init__(self, *arguments, stdout=None):
        self.end, end = pty.openpty()
        self.modes = termios.tcgetattr(self.end)
        self.process = subprocess.Popen(
            [sys.executable, "-c", AT_TERMINAL, *arguments],
            cwd=ROOT,
            stdin=end,
            stdout=stdout or end,
            stderr=end,
            start_new_session=True,
            env={**os.environ, "TERM": "xterm-256color", "COLUMNS": "200"},
        )
        os.close(end)
        self.text = ""

    def press(self, keys):
        self.text = ""
        os.write(self.end, keys.encode())

    def wait_for(self, found):
        """Read until the text on the screen is such as is looked for."""
        deadline = time.monotonic() + PATIENCE
        while not found(self.text):
            assert time.monotonic() < deadline, f"not found in {self.text!r}"
            if select.select([self.end], [], [], 0.1)[0]:
                self.text += os.read(self.end, 65536).decode(errors="replace")

    def wait_for_end(self):
        code = self.process.wait(PATIENCE)
        while select.select([self.end], [], [], 0.1)[0]:
            try:
                self.text += os.read(self.end, 65536).decode(errors="replace")
            except OSError:  # nobody is at the other end
                break
        assert "Traceback" not in self.text
        assert termios.tcgetattr(self.end) == self.modes
        return code


@pytest.fixture
def terminal(device):
    """Starts commands at terminals."""
    started = []

    def start(*arguments, **options):
        started.append(Terminal(*arguments, **options))
        return started[-1]

    yield start
    for terminal in started:
        terminal.process.kill()
        terminal.process.wait()
        os.close(terminal.end)


ENDLESS = ("--seed", "3", "--max-new-tokens", "100000", "--checkpoint")


@pytest.fixture
def endless(tmp_path):
    """The storyteller, but it never ends a text."""
    folder = shutil.copytree(STORYTELLER, tmp_path / "endless")
    settings = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(settings | {"eos_token_id": None}))
    return str(folder)


def asks(text):
    return text.endswith("> ")


@pytest.mark.parametrize("leave", ["\x03", "\x04"], ids=["Ctrl-C", "Ctrl-D"])
def test_ctrl_c_stops_a_reply_and_at_the_prompt_the_chat(terminal, endless, leave):
    terminal = terminal("chat", *ENDLESS, endless)
    terminal.wait_for(lambda text: "take turns" in text and asks(text))
    for line in ("One", "Two"):
        terminal.press(f"{line}\r")
        terminal.wait_for(lambda text: len(text) > 300)
        assert not asks(terminal.text)
        terminal.press("\x03")
        terminal.wait_for(asks)
    time.sleep(0.5)  # as any person does: readline shows its prompt a moment before it waits, and misses a signal then
    terminal.press(leave)
    assert terminal.wait_for_end() == 0


def test_a_line_is_answered_at_a_terminal(terminal):
    terminal = terminal("chat", "--greedy", "--max-new-tokens", "3", "--checkpoint", str(STORYTELLER))
    terminal.wait_for(asks)
    terminal.press("Once upon a tome\x7f\x7f\x7fime\r")  # with keys that correct it
    terminal.wait_for(lambda text: ", there was" in text and asks(text))
    terminal.press("\x1b[A\r")  # the line before
    terminal.wait_for(lambda text: "Once upon a time\r\n" in text and asks(text[-3:]))
    terminal.press("\x04")
    assert terminal.wait_for_end() == 0


def test_a_pipe_gets_replies_and_no_prompts_though_lines_are_typed(terminal, tmp_path):
    with (tmp_path / "replies").open("w+") as replies:
        terminal = terminal(
            "chat", "--greedy", "--max-new-tokens", "3", "--checkpoint", str(STORYTELLER), stdout=replies
        )
        terminal.wait_for(asks)
        terminal.press("Once upon a time\n")
        terminal.wait_for(asks)
        terminal.press("\x04")
        assert terminal.wait_for_end() == 0
        replies.seek(0)
        assert replies.read() == ", there was\n"


def test_ctrl_c_ends_generate_in_the_middle_of_the_story(terminal, endless):
    terminal = terminal("generate", "One", "--slide", *ENDLESS, endless)
    terminal.wait_for(lambda text: len(text.partition("One")[2]) > 300)  # what stands before is about loading
    terminal.press("\x03")
    assert terminal.wait_for_end() == 130


def test_ctrl_c_ends_a_chat_whose_lines_come_from_a_pipe(endless):
    command = [sys.executable, "-c", INTERRUPTIBLE, "chat", *ENDLESS, endless]
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    chatting = subprocess.Popen(command, cwd=ROOT, env=dict(os.environ), **pipes)
    chatting.stdin.write(b"One\n")
    chatting.stdin.flush()
    chatting.stdout.read(100)
    chatting.send_signal(signal.SIGINT)
    _, errors = chatting.communicate(timeout=PATIENCE)
    assert chatting.returncode == 130
    assert b"Traceback" not in errors
