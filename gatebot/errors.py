"""The one exception that a user may see, and the exit codes (a contract: see README)."""

from enum import IntEnum


class ExitCode(IntEnum):
    """What the process says to its caller."""

    PASS = 0
    BLOCKED = 1
    USAGE = 2
    REVIEW = 3
    UNDECIDED = 4
    COULD_NOT_JUDGE = 5
    STATUS_NOT_WRITTEN = 6
    BUG = 70
    INTERRUPTED = 130


class GateError(Exception):
    """Something that stops gatebot and that the user can act on.

    Attributes:
        message: what is wrong and where, one sentence.
        hint: what to do about it, one sentence; may be empty.
        exit_code: how the process ends when nobody catches this.
    """

    exit_code = ExitCode.COULD_NOT_JUDGE

    def __init__(self, message: str, hint: str = "", exit_code: ExitCode | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        if exit_code is not None:
            self.exit_code = exit_code

    def __str__(self) -> str:
        return f"{self.message}\n{self.hint}" if self.hint else self.message


class UsageError(GateError):
    """The command line, `gatebot.yml` or the data it points to is wrong (exit 2)."""

    exit_code = ExitCode.USAGE


class MachineError(GateError):
    """Set-up, fetch or the machine failed, not the change under test (exit 5, worth one retry)."""

    exit_code = ExitCode.COULD_NOT_JUDGE
