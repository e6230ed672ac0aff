"""Tries what `gatebot init` is about to write, and prints what came of it."""

import os
import sys
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, NamedTuple

from gatebot.cli.console import printable
from gatebot.cli.init_files import Target
from gatebot.errors import GateError

if TYPE_CHECKING:
    from gatebot.config.document import Document
    from gatebot.run.trial import Place, Trial

MOST_LOG = 12


class Obstacle(NamedTuple):
    """Why nothing is trained here without being asked for; a person may say that it does not matter if `may_waive`."""

    why: str
    may_waive: bool = False


def obstacle(document: "Document", target: Target) -> Obstacle | None:
    """Return what speaks against a training here; None if nothing does."""
    from gatebot.run.trial import isolation_for
    from gatebot.sandbox import Isolation, secrets_in

    try:
        level = isolation_for(document, _place(target))
    except GateError:
        return None  # the trial itself says it
    held = secrets_in(os.environ)
    if held and level is not Isolation.FULL:
        unset = " ".join(f"-u {name}" for name in held)
        return Obstacle(f"your code could read {', '.join(held)} here; for a trial: env {unset} gatebot init")
    if level is Isolation.NONE:
        return Obstacle("nothing on this machine would keep your code from its files", may_waive=True)
    return None


def trial(document: "Document", target: Target, added: Mapping[PurePosixPath, str]) -> "Trial":
    """Train once, with progress on standard error."""
    from gatebot.cli.progress import progress_for
    from gatebot.run.trial import tried
    from gatebot.sandbox import terminate_as_interrupt

    print("trying it: one small training, at most a minute besides its environment", file=sys.stderr, flush=True)
    with terminate_as_interrupt(), progress_for(quiet=False) as progress:
        return tried(document, _place(target), added, progress)


def _place(target: Target) -> "Place":
    from gatebot.repository import own_folder
    from gatebot.run.trial import Place

    return Place(target.root, target.folder, own_folder.cache(os.environ, target.root / target.folder))


def say(trial: "Trial") -> None:
    """Print the numbers, or why there are none."""
    from gatebot.render.numbers import counted, duration, grouped
    from gatebot.render.pieces import flat, said
    from gatebot.render.standing import standing_of

    if not trial.works:
        why = flat(said(trial.finding)) if trial.finding is not None else trial.failure
        print(printable(f"trial   it does not work yet: {why}"))
        hint = trial.hint or (trial.finding.fix if trial.finding is not None else "")
        for line in hint.splitlines():
            print(printable(f"        {line}"))
        for line in trial.log[-MOST_LOG:] if not trial.hint or trial.hint in trial.log else ():
            print(printable(f"        | {line}"))
        return
    rows = f"{grouped(trial.train_rows)} rows, " if trial.train_rows else ""
    print(f"trial   works: {rows}{duration(trial.seconds)}, isolation {trial.isolation}")
    shown = [standing_of(each) for each in trial.values]
    width = max(len(each.subject) + 2 * each.falls for each in shown)
    for each in shown:
        name = f"{each.subject}{' ↓' if each.falls else ''}"
        print(printable(f"        {name:<{width}}  {each.value} {each.interval}, trivial model {each.trivial}"))
    print(f"        on {counted(shown[0].rows, 'eval row')}; {_worth(trial)}")


def _worth(trial: "Trial") -> str:
    """Return whether the model is of use, from the ends of the intervals."""
    surely = [
        each.metric
        for each in trial.values
        if None not in (each.low, each.high, each.trivial)
        and (each.low > each.trivial if each.direction.sign > 0 else each.high < each.trivial)  # type: ignore[operator]
    ]
    if surely:
        return f"surely better than the trivial model in {', '.join(surely)}"
    return "not shown to be better than a model that always gives the same answer"
