"""Lines end between words on a terminal, and a pipe gets the text as it is."""

import io
import re

import pytest

from course.terminal import console
from course.writing.page import Page


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def written(monkeypatch):
    """What a page makes of pieces of text, on a terminal of ten columns or in a pipe."""

    def written(*pieces, out=Terminal):
        stream = out()
        monkeypatch.setattr("sys.stdout", stream)
        monkeypatch.setattr(type(console.out), "width", property(lambda console: 10))
        page = Page()
        for piece in pieces:
            page.write(*piece) if isinstance(piece, tuple) else page.write(piece)
        page.end()
        return stream.getvalue()

    return written


def test_a_line_ends_between_words(written):
    assert written("Once upon a time a fox") == "Once upon\na time a\nfox\n"
    assert written("Once upon", " a t", "ime", " a f", "ox") == "Once upon\na time a\nfox\n"
    assert written("0123456789 and") == "0123456789\nand\n"


def test_lines_of_the_text_stay(written):
    assert written("One\n\ntwo three four") == "One\n\ntwo three\nfour\n"


def test_a_word_that_fits_into_no_line_is_not_held_back(written):
    assert written("a 0123456789abc de") == "a\n0123456789abc de\n"


def test_wide_characters_take_two_columns(written):
    assert written("狐狸 狐狸 狐狸") == "狐狸 狐狸\n狐狸\n"


def test_what_steers_a_terminal_shows_as_a_dot(written):
    assert written("a\x1b[2Jb") == "a·[2Jb\n"


def test_a_pipe_gets_the_text_as_it_is(written):
    assert written("Once upon a time\ta fox\x1b", out=io.StringIO) == "Once upon a time\ta fox\x1b\n"


def test_pieces_of_a_word_keep_their_styles(written, monkeypatch):
    plain = re.sub(r"\x1b\[[\d;]*m", "", written("Once ", ("up", "green"), ("on", "red"), " a time"))
    assert plain == "Once upon\na time\n"
