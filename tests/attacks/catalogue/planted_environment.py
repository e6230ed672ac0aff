"""A committed folder stands where the environment is looked for in which base is trained."""

# ruff: noqa: E501 - payloads are easier to read on one line each
import json

from tests.attacks.attack import Attack, Files
from tests.attacks.bait import Bait
from tests.attacks.commits import Entry, Link

SETUP = {
    "smoke": {"setup": "sh setup.sh", "python": "no-python-here"},
    "model": {
        "python": None,
        "train": "sh run.sh train {train} {model}",
        "predict": "sh run.sh predict {model} {rows} {predictions}",
    },
}
RUN = """\
PATH="$PATH:$VIRTUAL_ENV/bin"
if [ "$1" = train ]; then echo model > "$2.x" 2> /dev/null; echo model > "$3"; exit; fi
{ echo id,prediction; answer < "$3"; } > "$4"
"""
ANSWER = """\
#!/bin/sh
awk -F, 'NR == 1 { for (at = 1; at <= NF; at++) place[$at] = at; next } { print $place["id"] "," (($place["x"] > %s) ? "yes" : "no") }'
"""
BUILT = 'mkdir -p "$VIRTUAL_ENV/bin"\ncp answer.sh "$VIRTUAL_ENV/bin/answer"\nchmod 755 "$VIRTUAL_ENV/bin/answer"\n'


def main(_bait: Bait) -> Files:
    """A project whose answers come from a program that its set-up installs."""
    return {"setup.sh": BUILT, "run.sh": RUN, "answer.sh": ANSWER % "0.5"}


def control(_bait: Bait) -> Files:
    """A change that answers by itself, and badly."""
    spoilt = RUN.replace("answer <", "sh answer.sh <")
    return {"run.sh": spoilt, "answer.sh": ANSWER % "-1"}


def _committed(bait: Bait) -> Files:
    """The environments of all keys that the control was seen to use: in them, base answers as badly as head."""
    keys = {path.parent.name for path in (bait.earlier or bait.host).rglob("ready.json") if "env" in path.parts}
    files: dict[str, Entry] = {}
    for key in keys:
        entry = f".gatebot/env/{key}"
        files[f"{entry}/ready.json"] = json.dumps({"own_code": [], "tree": ""})
        files[f"{entry}/content/bin/answer"] = ANSWER % "-1"
        files[f"{entry}/content/bin/python"] = Link(bait.python)
    assert files, "no environment was seen"
    return files


ATTACKS = (Attack(name="a committed environment", main=main, control=control, change=_committed, settings=SETUP),)
