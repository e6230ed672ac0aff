"""How sure a guess about a repository is, and the error for what cannot be guessed at all."""

from enum import StrEnum

from gatebot.errors import UsageError


class Sureness(StrEnum):
    """How sure a guess is."""

    SURE = "sure"
    LIKELY = "likely"
    GUESS = "a guess"


class UndeterminedError(UsageError):
    """Something that the user has to say.

    Attributes:
        option: the option of `gatebot init` that says it, without dashes.
        candidates: what it could be, the likeliest first.
    """

    def __init__(self, message: str, hint: str, option: str, candidates: tuple[str, ...]) -> None:
        super().__init__(message, hint)
        self.option = option
        self.candidates = candidates
