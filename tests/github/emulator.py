"""The stateful GitHub emulator `emulate` (npm, Apache-2.0), as a second opinion that is not ours."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests

VERSION = "0.11.2"  # the newest that runs on Node 20; the dist-tag `latest` is an unrelated package
SEED = """
tokens:
  tok_owner: {login: acme, scopes: [repo]}
  tok_bot: {login: gatebot, scopes: [repo]}
github:
  users: [{login: acme}, {login: gatebot}]
  repos: [{owner: acme, name: model, default_branch: main, auto_init: true}]
"""


def missing_tools() -> str:
    """Why the emulator cannot be run here; empty when it can."""
    absent = [tool for tool in ("node", "npm") if shutil.which(tool) is None]
    return f"{' and '.join(absent)} not installed" if absent else ""


def installed() -> Path:
    """The emulator's entry, installed once into the user's cache."""
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "gatebot-tests" / f"emulate-{VERSION}"
    entry = Path("node_modules/emulate/dist/index.js")
    if not (home / entry).exists():
        home.parent.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(dir=home.parent))
        quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        subprocess.run(["npm", "install", *quiet, "--prefix", scratch, f"emulate@{VERSION}"], check=True)
        try:
            scratch.rename(home)
        except OSError:  # another test process was faster
            shutil.rmtree(scratch)
    return home / entry


@contextmanager
def running(scratch: Path) -> Iterator[str]:
    """The URL of an emulator with one repository, `acme/model`."""
    seed = scratch / "seed.yaml"
    seed.write_text(SEED)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = ["node", str(installed()), "start", "--service", "github", "--port", str(port), "--seed", str(seed)]
    with (scratch / "log").open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log, cwd=scratch) as process:
        url = f"http://localhost:{port}"
        try:
            _wait(url, process)
            yield url
        finally:
            process.terminate()


def _wait(url: str, process: "subprocess.Popen[bytes]") -> None:
    for _ in range(300):
        if process.poll() is not None:
            break
        try:
            requests.get(f"{url}/user", timeout=5)
        except requests.ConnectionError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError(f"the emulator did not start: exit code {process.poll()}")
