"""The quizzes of the chapters, book/quizzes/step_NN.toml: questions with a few answers, of which one is right.

A page shows them as a form that book/theme/quiz.js checks and remembers; without JavaScript the answers are folded.
"""

import re
from dataclasses import dataclass
from html import escape
from pathlib import Path

from course.toml import loads


class QuizError(ValueError):
    """A quiz is not as it should be; the message says which and why."""


@dataclass(frozen=True)
class Answer:
    """An answer to choose, and what to say to somebody who has chosen it. The right one comes first in its file."""

    text: str
    why: str


@dataclass(frozen=True)
class Question:
    """A question in words, and its answers. ``place`` says where the right one is shown, from 0."""

    text: str
    answers: tuple[Answer, ...]
    place: int


def read_quiz(path: Path) -> list[Question]:
    """The questions of a file.

    Raises:
        QuizError: a question has fewer than three answers, two that are alike, or one without a reason.
    """
    questions = []
    for number, entry in enumerate(loads(path.read_text(encoding="utf-8"))["question"], start=1):
        answers = tuple(Answer(*answer) for answer in [entry["right"], *entry["wrong"]])
        if len(answers) < 3 or len({answer.text for answer in answers}) < len(answers):
            raise QuizError(f"{path.name}, question {number}: expected three different answers or more")
        if not all(answer.why for answer in answers):
            raise QuizError(f"{path.name}, question {number}: an answer does not say why")
        # Any place will do, as long as it is not always the same one, and stays when the book is built again.
        questions.append(Question(entry["text"], answers, sum(map(ord, entry["text"])) % len(answers)))
    return questions


def to_html(questions: list[Question], name: str) -> str:
    """A form for each question. ``name`` is what the answers are remembered by, as in "step_08"."""
    return "\n".join(_form(question, f"{name}-{number}") for number, question in enumerate(questions, start=1))


def _form(question: Question, name: str) -> str:
    right, *wrong = question.answers
    shown = [*wrong[: question.place], right, *wrong[question.place :]]
    choices = "".join(
        f'<label><input type="radio" name="{name}" value="{number}" data-why="{escape(answer.why)}"'
        f"{' data-right' if answer is right else ''}> <span>{_code(answer.text)}</span></label>"
        for number, answer in enumerate(shown)
    )
    return (
        f'<form class="quiz" data-quiz="{name}"><fieldset><legend>{_code(question.text)}</legend>{choices}</fieldset>'
        '<p class="quiz-verdict" role="status"></p>'
        "<noscript><details><summary>Answer</summary>"
        f"<p>{_code(right.text)}: {_code(right.why)}</p></details></noscript>"
        "</form>"
    )


def _code(text: str) -> str:
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text, quote=False))
