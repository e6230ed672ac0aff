"""A gate with secrets that runs hostile.py in its sandbox; prints what came of it as JSON.

A plain script, so that one and the same scenario runs here as root, as an unprivileged user, and in a container:
`GITHUB_TOKEN=s3cret-… python scenario.py [--landlock N] [--level LEVEL] [--network]`.
"""

import argparse
import dataclasses
import json
import os
import shutil
import socket
import sys
from pathlib import Path

from gatebot.sandbox import Command, Isolation, Limits, Reach, probe, run, scratch

SECRET = "s3cret-4711"
PYTHON = next(p for p in ("/usr/local/bin/python3", "/usr/bin/python3", sys.executable) if os.access(p, os.X_OK))


def workspace(under: Path) -> dict[str, Path]:
    """A checkout with what must stay unseen, all readable for everybody as on a runner."""
    under.chmod(0o755)
    files = {
        "eval labels": under / "workspace/data/eval.csv",
        "git credentials": under / "workspace/.git/config",
        "baseline": under / "workspace/.gatebot/baseline/metrics.json",
    }
    for path in files.values():
        path.parent.mkdir(parents=True)
        path.write_text(f"{SECRET}\n")
        path.chmod(0o644)
    return files


def listen(family: int, address: object) -> socket.socket:
    server = socket.socket(family, socket.SOCK_STREAM)
    server.bind(address)  # type: ignore[arg-type]
    server.listen()
    return server


def leftovers(name: str) -> list[str]:
    """Processes of this scenario's run that are still there."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            command = (entry / "cmdline").read_bytes().decode()
        except OSError:
            continue
        if "attempts" in command and name in command:
            found.append(command)
    return found


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--landlock", type=int)
    parser.add_argument("--level", type=Isolation)
    parser.add_argument("--network", action="store_true")
    options = parser.parse_args()
    reach = probe()
    reach = reach.at(options.level or reach.level)
    if options.landlock is not None:
        reach = Reach(reach.level, options.landlock)
    with scratch("scenario-") as place:
        files = workspace(place)
        docker = Path("/var/run/docker.sock")
        servers = [listen(socket.AF_INET, ("127.0.0.1", 0)), listen(socket.AF_UNIX, f"\0hostile-{os.getpid()}")]
        if not docker.exists():
            docker = place / "docker.sock"
            servers.append(listen(socket.AF_UNIX, str(docker)))
            docker.chmod(0o660)
        facts = {
            "secret": SECRET,
            "gate": os.getpid(),
            "port": servers[0].getsockname()[1],
            "abstract": f"hostile-{os.getpid()}",
            "docker": str(docker),
            "outside": [str(place), str(place / "workspace"), "/etc", "/usr", "/var/lib", "/github/workspace"],
            "files": {name: str(path) for name, path in files.items()},
        }
        with scratch("run-") as inside:
            shutil.copy(Path(__file__).with_name("hostile.py"), inside)
            completed = run(
                Command(
                    argv=(PYTHON, "-I", "hostile.py", "attempts", json.dumps(facts)),
                    scratch=inside,
                    hidden=(place / "workspace",),
                    network=options.network,
                    isolation=Isolation.NONE,
                    limits=Limits(seconds=60),
                ),
                reach=reach,
            )
        mode = (place / "workspace").stat().st_mode & 0o777
    result = {
        "reach": dataclasses.asdict(reach),
        "completed": dataclasses.asdict(completed),
        "mode after": oct(mode),
        "left": leftovers(str(facts["abstract"])),
    }
    print(json.dumps(result | {"attempts": json.loads(completed.log_tail)} if completed.ok else result))


if __name__ == "__main__":
    main()
