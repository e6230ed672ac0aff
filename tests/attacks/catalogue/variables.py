"""Variables that head's `smoke.env.set` names, which interpreters, linkers, git and installers would obey."""

import subprocess
from pathlib import Path
from shutil import which
from tempfile import TemporaryDirectory

from tests.attacks import project
from tests.attacks.attack import Attack, Files
from tests.attacks.bait import Bait


def obeyed(bait: Bait) -> Files:
    """All at once: none may reach a process of the gate's own."""
    shell = bait.shell("variable")
    variables = {
        **dict.fromkeys(
            ("PYTHONPATH", "PYTHONUSERBASE", "PYTHONPYCACHEPREFIX", "PERL5LIB", "LOCPATH", "NLSPATH"), "evil"
        ),
        **dict.fromkeys(("TERMINFO", "TERMINFO_DIRS", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME"), "evil"),
        **dict.fromkeys(("BASH_ENV", "ENV", "PYTHONSTARTUP", "NETRC", "CURL_HOME", "WGETRC"), "evil/start.sh"),
        **dict.fromkeys(("PIP_CONFIG_FILE", "UV_CONFIG_FILE", "GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM"), "evil/config"),
        **dict.fromkeys(("GIT_SSH_COMMAND", "GIT_ASKPASS", "GIT_EXTERNAL_DIFF", "GIT_PAGER", "GIT_EDITOR"), shell),
        **dict.fromkeys(("PAGER", "EDITOR", "BROWSER", "SSH_ASKPASS", "GIT_PROXY_COMMAND"), shell),
        "PYTHONWARNINGS": "error::evil.Evil",
        "PYTHONBREAKPOINT": "evil.run",
        "GIT_TEMPLATE_DIR": "evil",
        "GIT_EXEC_PATH": "evil",
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "core.fsmonitor",
        "GIT_CONFIG_VALUE_0": shell,
        "GATEBOT_CACHE": "evil",
        "TMPDIR": "evil",
        "HOME": "evil",
        "TERM": "evil",
        "LANG": "evil",
        "LANGUAGE": "evil",
        "CHARSET": "evil",
    }
    settings = {"smoke": {"env": {"set": variables}}}
    return {
        "gatebot.yml": project.configuration(settings, bait.python),
        "evil/sitecustomize.py": bait.python_line("site"),
        "evil/git": f"#!/bin/sh\n{shell}\n",
        "evil/start.sh": f"{shell}\n",
        "evil/config": f"[core]\n\tfsmonitor = {shell}\n\tsshCommand = {shell}\n",
        "evil/e/evil": "no terminal\n",
    }


def preloaded(bait: Bait) -> Files:
    """A library that every program would load, and the linker's other variables."""
    variables = {"LD_PRELOAD": "./evil.so", "LD_AUDIT": "./evil.so", "LD_LIBRARY_PATH": ".", "GCONV_PATH": "."}
    settings = {"smoke": {"env": {"set": variables}}}
    configuration = project.configuration(settings, bait.python)
    return {"gatebot.yml": configuration, "evil.so": _library(bait), "gconv-modules": "module EVIL// INTERNAL evil 1\n"}


def _library(bait: Bait) -> bytes:
    """A library that leaves a canary when it is loaded; empty where there is no compiler."""
    if which("cc") is None:
        return b""
    source = '#include <stdlib.h>\nvoid __attribute__((constructor)) run(void) { unsetenv("LD_PRELOAD");'
    source += f' unsetenv("LD_AUDIT"); if (system("{bait.shell("library")}")) {{}} }}\n'
    with TemporaryDirectory() as folder:
        made = Path(folder, "evil.so")
        command = ["cc", "-shared", "-fPIC", "-s", "-x", "c", "-", "-o", str(made)]
        subprocess.run(command, input=source.encode(), check=True, capture_output=True)
        return made.read_bytes()


ATTACKS = (
    Attack(name="variables that tools obey", change=obeyed),
    Attack(name="a preloaded library", change=preloaded),
)
