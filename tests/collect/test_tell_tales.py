"""Code under test cannot tell from what it sees that it is gated, nor on which side it is."""

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from gatebot.collect import Tree, collect
from gatebot.collect.collector import WORKER_SOURCE
from gatebot.evidence.effects import Ending
from gatebot.evidence.need import Side
from gatebot.evidence.predictions import Predict, Predictions
from gatebot.evidence.training import Fit, Training
from gatebot.sandbox import scratch
from tests.collect.repository import FULL, PLAIN_PYTHON, document, git, job, repository, write

WORDS = ("gatebot", "gate", "smoke", "head", "base", "eval", "judge", "merge", "baseline", "sandbox", "launcher")
DUMP = """
import json, os, socket, sys, threading
def read(path):
    try:
        with open(path, "rb") as file:
            return file.read(20000).decode(errors="replace").replace("\\0", " ")
    except OSError as error:
        return type(error).__name__
def listed(path):
    try:
        return sorted(os.listdir(path))
    except OSError as error:
        return type(error).__name__
def dump(**given):
    seen = {"environ": dict(os.environ), "argv": sys.argv, "cwd": os.getcwd(), "path": sys.path}
    seen["orig"] = sys.orig_argv[1:]
    seen["flags"] = [sys.executable, sys.prefix, sys.base_prefix]
    seen["modules"] = sorted(name for name in sys.modules if name not in sys.stdlib_module_names and "." not in name)
    seen["main"] = [str(getattr(sys.modules["__main__"], "__file__", ""))]
    for place in ("self", str(os.getppid())):
        for name in ("cmdline", "comm", "environ", "status", "limits"):
            seen[f"{place if place == 'self' else 'parent'}/{name}"] = read(f"/proc/{place}/{name}")
    seen["descriptors"] = [os.readlink(f"/proc/self/fd/{each}") for each in ("0", "1", "2")]
    seen["threads"] = [each.name for each in threading.enumerate()]
    seen["here"] = listed(".")
    seen["around"] = [listed(".."), listed("../.."), listed(os.environ["HOME"]), listed(os.environ["TMPDIR"])]
    folder = os.path.dirname(os.path.abspath(sys.modules["__main__"].__file__))
    names = [] if folder == os.getcwd() else listed(folder)
    seen["sources"] = {name: read(os.path.join(folder, name)) for name in names}
    seen["given"] = {name: str(value) for name, value in given.items()}
    print(json.dumps(seen))
"""
PIPELINE = """
import sys
sys.path.insert(0, ".")
from dump import dump
def train(rows, seed, out, device, budget_s, assets):
    dump(seed=seed, out=out, device=device, assets=assets)
    return 1
def predict(model, rows, out):
    dump(out=out)
    return ["no"] * len(rows)
"""
SCRIPT = """
import sys
from dump import dump
dump(words=sys.argv[1:])
if "--answers" in sys.argv:
    import csv
    with open(sys.argv[-2]) as rows, open(sys.argv[-1], "w") as out:
        out.write("id,prediction\\n" + "".join(f"{row['id']},no\\n" for row in csv.DictReader(rows)))
else:
    open(sys.argv[-1], "w").write("model")
"""
COMMANDS = {
    "train": "python3 script.py {train} {seed} {out}",
    "predict": "python3 script.py {model} --answers {rows} {predictions}",
}


@pytest.fixture
def cache() -> Any:
    with scratch() as folder:
        (folder / "store").mkdir()
        yield folder / "store"


def dumps(place: Path, cache: Path, model: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """What training and predicting see, on both sides."""
    files = {"dump.py": DUMP, "pipeline.py": PIPELINE, "script.py": SCRIPT}
    root = repository(place / "repo", files)
    other = place / "other"
    git(root, "worktree", "add", "-q", str(other), "HEAD")
    write(root, {"pipeline.py": PIPELINE + "# changed\n"})
    config = document(model=dict(model), privacy={"log_tail": 1000}, smoke={"python": PLAIN_PYTHON})
    question = job(root, cache, config, environ={"PATH": os.environ["PATH"]})
    trees = {
        Side.HEAD: question.trees[Side.HEAD],
        Side.BASE: Tree(other, config.recipe, git(root, "rev-parse", "HEAD")),
    }
    needs = [need for side in Side for need in (Fit(side), Predict(Fit(side)))]
    found = collect(needs, job(root, cache, config, trees=trees, environ={"PATH": os.environ["PATH"]}))
    seen: dict[str, tuple[str, ...]] = {}
    for side in Side:
        training, predictions = found[side].get(Fit(side), Training), found[side].get(Predict(Fit(side)), Predictions)
        assert training is not None
        assert predictions is not None
        assert predictions.effects.ended is Ending.OK, (training.effects.log_tail, predictions.effects.log_tail)
        seen |= {f"{side} train": training.effects.log_tail, f"{side} predict": predictions.effects.log_tail}
    return {name: json.loads(log[0]) for name, log in seen.items()}


def plain(seen: object) -> str:
    """What is seen, without names that were drawn at random and numbers."""
    text = json.dumps(seen, sort_keys=True)
    text = re.sub(r"/tmp\w+", "/RANDOM", text)
    return re.sub(r"m?[0-9a-f]{16,32}|\d+", "N", text)


@pytest.fixture
def full_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gatebot.collect.log_lines.LONGEST_LINE", 10**6)


@pytest.mark.parametrize("model", [{"python": "pipeline.py"}, COMMANDS], ids=["functions", "commands"])
@pytest.mark.usefixtures("full_lines")
def test_nothing_says_that_code_is_gated_or_on_which_side(open_path: Path, cache: Path, model: dict[str, str]) -> None:
    seen = dumps(open_path, cache, model)
    for name, each in seen.items():
        told = [word for word in WORDS if re.search(rf"(?<![a-z]){word}(?![a-z])", json.dumps(each).lower())]
        where = {key: value for key, value in each.items() for word in told if word in json.dumps(value).lower()}
        assert not told, (name, told, where)
    for stage in ("train", "predict"):
        head, base = plain(seen[f"head {stage}"]), plain(seen[f"base {stage}"])
        assert head == base
    assert seen["head train"]["parent/cmdline"].strip() == "python3"


def test_the_worker_says_nowhere_for_whom_it_works() -> None:
    for source in WORKER_SOURCE.glob("*.py"):
        assert not re.search(r"gate|judge|smoke|sandbox|baseline", source.read_text().lower()), source.name


@pytest.mark.skipif(not FULL, reason="needs full isolation")
def test_the_process_that_collects_shows_a_plain_name_to_user_code(open_path: Path, cache: Path) -> None:
    read = "open('/proc/PID/' + name).read().strip('\\0\\n')"
    code = f"def train(rows):\n    for name in 'cmdline', 'comm':\n        print({read})\n"
    root = repository(open_path / "repo", {"pipeline.py": code.replace("PID", str(os.getpid()))})
    training = collect([Fit(Side.HEAD)], job(root, cache))[Side.HEAD].get(Fit(Side.HEAD), Training)
    assert training is not None
    assert training.effects.log_tail[:2] == ("python3", "python3")
