"""Writes a proposal as the text of `gatebot.yml`, with a short comment for each value that says why."""

import json
from collections.abc import Collection, Iterator
from typing import assert_never

from gatebot.config.load import parse
from gatebot.data.encoding import UTF8
from gatebot.data.layout import SEPARATORS
from gatebot.discovery import adapter
from gatebot.discovery.entrypoints import Builder, Commands, Functions, Native, PredictionScript, Script
from gatebot.discovery.installation import Setup
from gatebot.discovery.proposal import Proposal
from gatebot.discovery.tables import Data

SEES = "5 % of main's, or as much as the eval rows can see: `gatebot power` says how much"
RARE = "2 points, or as much as so few positives can show"
METRICS = {
    "classification": (
        ("accuracy", "margin: 0.02", "two points less may be noise; more may not be merged"),
        ("log_loss", "margin: auto", f"of the probabilities, if there are any; {SEES}"),
    ),
    "regression": (
        ("mae", "margin: 5%", "of main's own error"),
        ("rmse", "margin: auto", f"sees single large errors, and moves with R²; {SEES}"),
    ),
}
"""Metrics by task. The second kind of number sees faults that the first cannot, such as probabilities too sure."""


def text(proposal: Proposal, silent: Collection[str] = ()) -> str:
    """Return the text of the whole file, after validating it.

    Args:
        proposal: what was found.
        silent: metrics that have no value here, which are left out.

    Raises:
        UsageError: it is not valid, which would be a bug in gatebot.
    """
    written = "\n".join(_lines(proposal, silent)) + "\n"
    parse(written, "the configuration that gatebot init has made")
    return written


def _lines(proposal: Proposal, silent: Collection[str]) -> Iterator[str]:
    yield "# Written by `gatebot init` from a look at this repository. Every key: docs/configuration.md of gatebot."
    yield "version: 1"
    yield _line("project", proposal.project, "names the status, the comment's section and the stored baselines")
    task = proposal.roles.task
    yield _line("task", task.name, ", ".join(filter(None, (task.why, task.against))))
    yield ""
    yield "data:"
    yield from _data(proposal)
    yield ""
    yield "model:"
    yield from _model(proposal)
    yield ""
    if proposal.setup is not None:
        yield from _smoke(proposal.setup)
    yield "metrics:"
    yield from (f"  - {metric}  # {says}" for name, metric, says in _metrics(proposal) if name not in silent)
    yield ""
    yield "policy:"
    yield "  mode: observe  # says what it would block; change to `enforce` when you trust it"


def _metrics(proposal: Proposal) -> Iterator[tuple[str, str, str]]:
    """Yield the metrics to declare: each with its name in reports, its entry, and why."""
    for name, settings, says in METRICS[proposal.roles.task.name]:
        yield name, f"{{metric: {name}, {settings}}}", says
    if (rare := proposal.roles.rare) is not None:
        yield "roc_auc", "{metric: roc_auc, margin: auto}", f"accuracy hardly moves with the few {_plain(rare)}"
        entry = f"{{metric: average_precision, of: {_plain(rare)}, margin: auto}}"
        yield f"average_precision({rare})", entry, RARE


def _data(proposal: Proposal) -> Iterator[str]:
    data, roles = proposal.data, proposal.roles
    if data.held is not None:
        yield _line("  train", data.main.path, data.why)
        yield _line("  eval", data.held.path, "the same columns, kept apart already")
    else:
        yield _line("  path", data.main.path, data.why)
        if proposal.eval_side:
            says = f"has the same columns: if it is what to test on, write `train: {data.main.path}` in place of `path`"
            yield f"  # eval: {_plain(proposal.eval_side)}  # {' '.join(says.split())}"
    yield from _layout(data)
    if data.pointer:
        yield f"  version: {{files: [{json.dumps(data.pointer)}]}}  # git has the pointer only"
        yield "  fetch: {run: dvc pull}  # add `secrets: [NAME]` for what it needs to log in"
    yield _line("  target", roles.target.column, roles.target.why)
    for key, role in (("id", roles.id), ("group", roles.group), ("time", roles.time)):
        if role is not None:
            yield _line(f"  {key}", role.column, role.why)
    if roles.split is not None and data.held is None:
        yield f"  split: {{column: {_plain(roles.split.column)}}}  # {' '.join(roles.split.why.split())}"
    if roles.slices:
        yield f"  # slices: [{', '.join(map(_plain, roles.slices))}]  # each value is then held on its own"


def _layout(data: Data) -> Iterator[str]:
    """Yield how the data is laid out, where that is not the default."""
    layout = data.main.layout
    if layout.encoding not in ("auto", UTF8):
        yield _line("  encoding", layout.encoding, "how its bytes look")
    word = next((word for word, mark in SEPARATORS.items() if mark == layout.separator), "")
    if word not in ("", "comma") and not (word == "tab" and data.main.path.lower().endswith(".tsv")):
        yield _line("  separator", word, "one number of values in every line")
    if layout.header == "none":
        yield "  header: none  # the first line holds values"
        names = ", ".join(map(_plain, data.main.columns))
        yield f"  columns: [{names}]" + ("" if layout.columns else "  # give them their names")
    if layout.decimal != ".":
        yield _line("  decimal", layout.decimal, "numbers have commas")
    if layout.quote != '"':
        yield _line("  quote", layout.quote, "as the code reads it")
    if layout.missing:
        yield f"  missing: [{', '.join(map(_plain, layout.missing))}]  # what the code takes for no value"
    if data.native:
        yield _line("  types", "native", f"{data.native} leaves it to pandas what the values are")


def _model(proposal: Proposal) -> Iterator[str]:
    match proposal.way:
        case Native(path=path):
            yield _line("  python", path, "has train and predict already")
        case Commands(train=train, predict=predict, where=where):
            yield _line("  train", train, f"the options of {where}")
            yield _line("  predict", predict, "")
        case Functions(train=train, module=module):
            yield _line("  python", adapter.FILE, f"calls {train.name} of {module}; yours to change")
        case Builder(name=name, module=module):
            yield _line("  python", adapter.FILE, f"fits {name} of {module}; yours to change")
        case Script(commands=commands):
            yield _line(
                "  python", adapter.FILE, f"runs {' '.join(commands[-1][:2])} on the rows it is given; yours to change"
            )
        case PredictionScript(command=command):
            yield _line("  python", adapter.FILE, f"runs {' '.join(command)} on the rows it is given; yours to change")
        case _:
            assert_never(proposal.way)


def _smoke(setup: Setup) -> Iterator[str]:
    """Yield the section `smoke`, or a comment in its place where nothing can be written into it."""
    yield from (f"# {note}" for note in setup.notes)
    if setup.instead:
        yield f"# smoke: {{setup: {json.dumps(setup.instead)}}}"
    if not (setup.command or setup.python):
        yield ""
        return
    yield "smoke:"
    lines = setup.command.splitlines()
    if setup.python:
        yield _line("  python", setup.python, f"the environment of {setup.why}")
    if len(lines) == 1:
        yield _line("  setup", lines[0], f"{setup.why} is here; done once and kept until it changes")
    elif lines:
        yield f"  setup: |  # {setup.why} is here; done once and kept until it changes"
        yield from (f"    {line}" for line in lines)
    yield f"  lock: [{', '.join(map(_plain, setup.lock))}]"
    yield ""


def _line(key: str, value: str, why: str) -> str:
    """Return a key, its value and the reason as a comment on one line."""
    comment = " ".join(why.split())
    return f"{key}: {_plain(value)}" + (f"  # {comment}" if comment else "")


def _plain(value: str) -> str:
    """Return a YAML scalar, quoted if it would otherwise have another meaning."""
    import yaml

    if any(char in value for char in ",[]{}#&*!|>'\"%@`:") or not value or value != value.strip():
        return json.dumps(value, ensure_ascii=False)
    read = yaml.safe_load(value)
    return value if isinstance(read, str) and read == value else json.dumps(value)
