"""Builds the repository's real Dockerfile, on a stand-in of Debian's packages where its base cannot be pulled."""

import re
import shutil
import subprocess
from pathlib import Path

from .engine import Engine, EngineError, say

ROOT = Path(__file__).parents[2]
IMAGE = "gatebot:test"
STAND_IN = "gatebot-stand-in:bookworm"
SUITE = "bookworm"
PYTHON = ("python3", "python3-pip", "python3-venv", "ca-certificates")
UNNEEDED = ("var/cache/apt/archives", "var/lib/apt/lists", "usr/share/doc", "usr/share/man", "usr/share/locale")


def build_image(engine: Engine) -> str:
    """Build the image of the work tree and return its name. Unchanged layers come from the engine's cache."""
    base = provide_base(engine)
    # A private engine has no bridge, so the build shares the machine's network.
    network = ["--network", "host"] if engine.private else []
    argument = ["--build-arg", f"PYTHON_IMAGE={base}"]
    say(f"building the Dockerfile on {base}")
    engine.run("build", *network, *argument, "-t", IMAGE, "-f", str(ROOT / "Dockerfile"), str(ROOT), timeout=1800)
    say(f"image: {int(engine.run('image', 'inspect', '-f', '{{.Size}}', IMAGE).stdout) / 1e6:.0f} MB unpacked")
    return IMAGE


def base_of(dockerfile: str) -> str:
    """The base image that a Dockerfile names by default."""
    found = re.search(r"^ARG PYTHON_IMAGE=(\S+)$", dockerfile, re.MULTILINE)
    if found is None:
        raise EngineError("the Dockerfile names no base image: `ARG PYTHON_IMAGE=…` is missing")
    return found[1]


def provide_base(engine: Engine) -> str:
    """The name of the base image to build on: the real one, or the stand-in where no registry answers."""
    real = base_of((ROOT / "Dockerfile").read_text())
    for name in (real, STAND_IN):
        if engine.has_image(name):
            return name
    if engine.run("pull", "--quiet", real, check=False).returncode == 0:
        return real
    if not engine.private:
        raise EngineError(f"the base image {real} cannot be pulled")
    say("the base image cannot be pulled: making a stand-in from Debian's packages, which takes minutes")
    make_stand_in(engine)
    return STAND_IN


def make_stand_in(engine: Engine) -> None:
    """Make an image like the official one: Debian with Python and pip, and `python` in /usr/local/bin."""
    root = engine.home / "rootfs"
    shutil.rmtree(root, ignore_errors=True)
    with (engine.home / "debootstrap.log").open("w") as log:
        subprocess.run(
            ["debootstrap", "--variant=minbase", f"--include={','.join(PYTHON)}", SUITE, root, debian_mirror()],
            stdout=log,
            stderr=log,
            check=True,
        )
    for folder in UNNEEDED:
        shutil.rmtree(root / folder, ignore_errors=True)
    (root / "var/cache/apt/archives/partial").mkdir(parents=True)
    (root / "var/lib/apt/lists/partial").mkdir(parents=True)
    for marker in root.glob("usr/lib/python3*/EXTERNALLY-MANAGED"):
        marker.unlink()
    for name in ("python", "python3"):
        (root / "usr/local/bin" / name).symlink_to("/usr/bin/python3")
    # The machine may trust further authorities: the build must trust them too, and pip looks only where it is told.
    shutil.copy("/etc/ssl/certs/ca-certificates.crt", root / "etc/ssl/certs/ca-certificates.crt")
    (root / "etc/pip.conf").write_text("[global]\ncert = /etc/ssl/certs/ca-certificates.crt\n")
    import_folder(engine, root, STAND_IN)
    shutil.rmtree(root)
    say("stand-in made")


def import_folder(engine: Engine, root: Path, name: str) -> None:
    """Make an image of one layer from a folder."""
    path = "/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin"
    changes = ["-c", 'CMD ["python3"]', "-c", f"ENV PATH={path}", "-c", "ENV LANG=C.UTF-8"]
    left_out = ["--exclude=./dev/*", "--exclude=./proc/*", "--exclude=./sys/*"]
    with subprocess.Popen(
        ["tar", "-C", root, "--numeric-owner", *left_out, "-c", "."], stdout=subprocess.PIPE
    ) as archive:
        subprocess.run(
            [engine.client, "import", *changes, "-", name],
            stdin=archive.stdout,
            stdout=subprocess.DEVNULL,
            env=engine.environment,
            check=True,
        )
    if archive.returncode:
        raise EngineError(f"tar ended with {archive.returncode}")


def debian_mirror(sources: Path = Path("/etc/apt")) -> str:
    """The package archive that this machine already uses, from its apt sources."""
    listed = [*sorted(sources.glob("sources.list.d/*.sources")), *sorted(sources.glob("sources.list"))]
    for file in listed:
        if found := re.search(
            r"^(?:URIs:|deb(?: \[[^]]*\])?)\s+(\S+/debian)/?(?:\s|$)", file.read_text(), re.MULTILINE
        ):
            return found[1]
    raise EngineError(f"no Debian archive is named in {sources}")
