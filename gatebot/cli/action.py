"""`gatebot action`: how the container starts. Inputs of action.yml become the arguments of a command."""

from collections.abc import Mapping

from gatebot.errors import UsageError
from gatebot.github.outputs import action_input

_OPTIONS = {
    "run": ("config", "baseline", "project"),
    "collect": ("config", "baseline", "project"),
    "judge": ("config", "project"),
    "render": (),
    "publish": ("config", "project"),
}
_FLAG = {"baseline": "--base"}


def _judges_files(command: str, rest: list[str]) -> bool:
    """Return whether stored evidence is judged, by the Rules that were stored with it.

    The checkout of such a job may be that of the pull request, whose configuration is not its Rules.
    """
    return command == "judge" and any(word.partition("=")[0] == "--head" for word in rest)


def arguments_from(environ: Mapping[str, str]) -> list[str]:
    """Return the command line for the action's inputs. `command` may hold options, such as `publish --finish`.

    Raises:
        UsageError: `command` is not a command of the action.
    """
    command, *rest = action_input(environ, "command", "run").split() or ["run"]
    if command not in _OPTIONS:
        raise UsageError(f"input command: {command[:40]!r} is not one of {', '.join(_OPTIONS)}")
    arguments = [command, *rest]
    for name in () if _judges_files(command, rest) else _OPTIONS[command]:
        value = action_input(environ, name)
        if value:
            arguments.append(f"{_FLAG.get(name, f'--{name}')}={value}")  # one word: a value is never an option
    return arguments
