"""Asks what several reads need in as few round trips as possible, though each is written as if it were alone.

Every read runs until its first question that nobody has answered yet; these questions go to the endpoint
together, and the reads run again with the answers, until all have come to their end. A read has no effects,
so running it again is safe; of equal questions one is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from chainboy.chain.question import Answer, Question
from chainboy.errors import ChainBoyError

Read = Callable[[], Any]


class _Unanswered(BaseException):
    """A read cannot go on; no error, so that no read can mistake it for one."""


class Gathering:
    """The questions of some reads and what they came to."""

    def __init__(self) -> None:
        self._answers: dict[tuple[str, str], Answer] = {}
        self._open: dict[tuple[str, str], Question] = {}

    def ask(self, method: str, *params: Any) -> Any:
        """The answer, once it is there."""
        question = Question(method, params)
        answer = self._answers.get(question.key)
        if answer is None:
            self._open[question.key] = question
            raise _Unanswered
        return answer.get()

    def attempt(self, reads: Sequence[Read], done: Mapping[int, Answer]) -> dict[int, Answer]:
        """What the reads come to, by their place, as far as the answers reach."""
        found = dict(done)
        for place, read in enumerate(reads):
            if place not in found:
                try:
                    found[place] = Answer(read())
                except ChainBoyError as error:
                    found[place] = Answer(error=error)
                except _Unanswered:
                    continue
        return found

    def run(
        self, reads: Sequence[Read], together: Callable[[Sequence[Question]], Sequence[Answer]]
    ) -> Sequence[Answer]:
        """What each read comes to; ``together`` brings questions to the endpoint."""
        found = self.attempt(reads, {})
        while len(found) < len(reads):
            questions, self._open = self._open, {}
            self._answers.update(zip(questions, together(list(questions.values())), strict=True))
            found = self.attempt(reads, found)
        return [found[place] for place in range(len(reads))]

    def within(self, reads: Sequence[Read]) -> Sequence[Answer]:
        """The same for reads inside one of the reads: their questions join the others."""
        found = self.attempt(reads, {})
        if len(found) < len(reads):
            raise _Unanswered
        return [found[place] for place in range(len(reads))]
