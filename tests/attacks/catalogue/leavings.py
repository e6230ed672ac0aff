"""User code leaves links, pipes and holes where gatebot reads what a training has left."""

# ruff: noqa: E501 - payloads are easier to read on one line each
import re
from collections.abc import Callable

from tests.attacks import project
from tests.attacks.attack import Attack, Files
from tests.attacks.attack_setup import Outcome
from tests.attacks.bait import Bait

AT_EXIT = """\
import atexit, glob, json, os, shutil, sys

TASK = json.load(open(open("/proc/self/cmdline").read().split("\\0")[-2]))
SECRETS = [name for pattern in (JOBS + "/home/.netrc", JOBS + "/workspace/.git/config", JOBS + "/workspace/data/rows.csv",
           "/github/workspace/.git/config", "/github/workspace/data/rows.csv") for name in glob.glob(pattern)]
SECRET = (SECRETS or [JOBS.replace("*", "1") + "/workspace/data/rows.csv"])[-1]


def instead(path, make):
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path)
    elif os.path.lexists(path):
        os.unlink(path)
    make(path)


def link(path):
    instead(path, lambda there: os.symlink(SECRET, there))


def pipe(path):
    instead(path, os.mkfifo)


def answers():
    return [asked["predictions"] for asked in TASK.get("predict", [])]


def leave():
    LEAVE


atexit.register(leave)
"""
LEAVINGS: dict[str, str] = {
    "predictions that are a link": "[link(path) for path in answers()]",
    "predictions behind a link": "[(shutil.rmtree(os.path.dirname(path)), os.symlink(os.path.dirname(SECRET), os.path.dirname(path))) for path in answers()[:1]]",
    "predictions that are a pipe": "[pipe(path) for path in answers()]",
    "predictions that are a folder": "[instead(path, os.mkdir) for path in answers()]",
    "a model that is a link": "link(TASK['model']) if TASK['stage'] == 'train' else None",
    "a model folder that is a link": "(shutil.rmtree(os.path.dirname(TASK['model'])), os.symlink('/', os.path.dirname(TASK['model']))) if TASK['stage'] == 'train' else None",
    "a status that is a link": "link(TASK['status'])",
    "a status that is a pipe": "pipe(TASK['status'])",
    "a report that is a pipe": "pipe(TASK['report'])",
    "a scratch of many kinds": "[pipe(TASK['out'] + '/pipe'), link(TASK['out'] + '/x\\n::error::FORGED'), os.symlink('..', TASK['out'] + '/up'), os.chmod(TASK['out'], 0)]",
}
FAST = ("predictions that are a link",)


def _leaving(line: str) -> Callable[[Bait], Files]:
    def files(bait: Bait) -> Files:
        code = AT_EXIT.replace("JOBS", repr(bait.jobs)).replace("    LEAVE\n", f"    {line}\n")
        return {"pipeline.py": f"{code}\n\n{project.HARMFUL['pipeline.py']}"}

    return files


WRITES = """\
import glob, os


def spoil():
    for pattern in (JOBS + "/*temp/*/*", JOBS + "/workspace/.gatebot*", JOBS + "/workspace/.gatebot*/*", JOBS + "/workspace/.git/*",
                    JOBS + "/workspace/*.py", JOBS + "/*temp/*", "/github/file_commands/*", "/github/workspace/.gatebot/*",
                    "/tmp/gatebot*", "/tmp/gatebot*/*", "/tmp/gatebot*/*/*", "/tmp/gatebot*/worker/*/*", "/var/cache/gatebot/*",
                    "/run/gatebot/*", "/run/gatebot/*/*", os.path.dirname(os.getcwd()) + "/../../*/*"):
        for name in glob.glob(pattern):
            if os.getcwd().startswith(name):
                continue
            for path in (name, name + "/spoilt"):
                try:
                    with open(path, "a") as file:
                        file.write("\\nverdict=pass\\nFORGED=1\\n")
                except OSError:
                    pass
"""


def _writing(bait: Bait) -> Files:
    code = project.HARMFUL["pipeline.py"].replace("    sums = {", "    spoil()\n    sums = {")
    return {"pipeline.py": f"{WRITES.replace('JOBS', repr(bait.jobs))}\n\n{code}"}


KILLS = """\
import os, signal


def kill():
    for number in (signal.SIGSTOP, signal.SIGKILL):
        for name in os.listdir("/proc"):
            if name.isdigit() and int(name) not in (os.getpid(), 1):
                try:
                    os.kill(int(name), number)
                except OSError:
                    pass
"""


def _killing(_bait: Bait) -> Files:
    code = project.HARMFUL["pipeline.py"].replace("    sums = {", "    kill()\n    sums = {")
    return {"pipeline.py": f"{KILLS}\n\n{code}"}


TALKS = """\
import socket


def talk():
    for family, address in ((socket.AF_INET, ("127.0.0.1", PORT)), (socket.AF_INET6, ("::ffff:127.0.0.1", PORT))):
        try:
            with socket.socket(family) as client:
                client.settimeout(2)
                client.connect(address)
                client.sendall(b"GET /talked HTTP/1.0\\r\\n\\r\\n")
        except OSError:
            pass
"""


def _talking(bait: Bait) -> Files:
    code = project.HARMFUL["pipeline.py"].replace("    sums = {", "    talk()\n    sums = {")
    return {"pipeline.py": f"{TALKS.replace('PORT', str(bait.port))}\n\n{code}"}


def _tried(outcome: Outcome) -> None:
    told = "".join(line for finding in outcome.report.get("findings", ()) for line in finding.get("log", ()))
    assert not re.search(r"IndexError|NameError|SyntaxError|FileNotFoundError", f"{told}{outcome.log}"), outcome


def _unheard(outcome: "object") -> None:
    assert not outcome.outputs["listener"], outcome  # type: ignore[attr-defined]


from tests.attacks.attack import BESIDE_A_TOKEN, CONFINED  # noqa: E402

ATTACKS = (
    *(
        Attack(name=name, change=_leaving(line), levels=CONFINED, expect=_tried, slow=name not in FAST)
        for name, line in LEAVINGS.items()
    ),
    Attack(name="user code that writes to what it can name", change=_writing, levels=CONFINED),
    Attack(name="user code that kills", change=_killing, levels=BESIDE_A_TOKEN, slow=True),
    Attack(name="user code that talks", change=_talking, levels=CONFINED, expect=_unheard, slow=True),
)
