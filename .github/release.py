"""Keeps a release consistent: what the tag, the version, the changelog and the image in action.yml say must agree.

A release builds the image from commit C, pushes it, commits its digest to action.yml as C+1 and tags that: whoever uses
the tag runs exactly the image that was tested, and builds nothing. The branch itself keeps `image: Dockerfile`.

    release.py check 1.2.0                    is commit C ready to be released?
    release.py image owner/repository         the name of the image
    release.py pin ghcr.io/o/r:1.2.0@sha256:… write the image into action.yml
    release.py verify v1.2.0                  may commit C+1 bear this tag?
    release.py notes 1.2.0                    the changelog's section
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
IMAGE_LINE = re.compile(r"^(  image: )(.+)$", re.MULTILINE)
PINNED = re.compile(r"docker://(?P<name>ghcr\.io/[a-z0-9._/-]+):(?P<version>[^@\s]+)@sha256:[0-9a-f]{64}")
TAG = re.compile(r"v(\d+\.\d+\.\d+)")


def version_of(root: Path) -> str:
    """The version that the package states."""
    found = re.search(r'^__version__ = "(.+)"$', (root / "gatebot/__init__.py").read_text(), re.MULTILINE)
    return found[1] if found else ""


def image_of(root: Path) -> str:
    """The image that action.yml runs: `Dockerfile`, or `docker://…`."""
    found = IMAGE_LINE.search((root / "action.yml").read_text())
    return found[2] if found else ""


def notes_of(root: Path, version: str) -> str:
    """The changelog's section on this version; empty when there is none."""
    text = (root / "CHANGELOG.md").read_text()
    found = re.search(rf"^## {re.escape(version)}\b[^\n]*\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    return found[1].strip() if found else ""


def pin(root: Path, image: str) -> None:
    """Let action.yml run this image, `ghcr.io/owner/name:version@sha256:digest`."""
    if not PINNED.fullmatch(f"docker://{image}"):
        raise SystemExit(f"{image} is not name:version@sha256:digest on ghcr.io")
    file = root / "action.yml"
    text, count = IMAGE_LINE.subn(rf"\g<1>docker://{image}", file.read_text())
    if count != 1:
        raise SystemExit(f"action.yml names {count} images instead of one")
    file.write_text(text)


def complain_version(root: Path, version: str) -> list[str]:
    """What is wrong with releasing this version: the package or the changelog says something else."""
    complaints = []
    if version != version_of(root):
        complaints.append(f"the package says {version_of(root)}, the release {version}")
    if not notes_of(root, version):
        complaints.append(f"CHANGELOG.md has no section on {version}")
    return complaints


def complain_source(root: Path, version: str) -> list[str]:
    """What is wrong with commit C, which a release builds from."""
    complaints = complain_version(root, version)
    if image_of(root) != "Dockerfile":
        complaints.append(f"action.yml runs {image_of(root)}, but what is built from must run its own Dockerfile")
    return complaints


def complain_tag(root: Path, tag: str) -> list[str]:
    """What is wrong with putting this tag on this work tree."""
    named = TAG.fullmatch(tag)
    if named is None:
        return [f"{tag} is not v1.2.3"]
    complaints = complain_version(root, named[1])
    pinned = PINNED.fullmatch(image_of(root))
    if pinned is None:
        complaints.append(f"action.yml runs {image_of(root)}: a tag must run an image by its digest")
    elif pinned["version"] != named[1]:
        complaints.append(f"action.yml runs image {pinned['version']}, the tag says {named[1]}")
    return complaints


def main(verb: str, argument: str) -> None:
    """Do what the command line says; exit 1 with every complaint at once."""
    complaints: list[str] = []
    match verb:
        case "check":
            complaints = complain_source(ROOT, argument)
        case "verify":
            complaints = complain_tag(ROOT, argument)
        case "pin":
            pin(ROOT, argument)
        case "image":
            print(f"ghcr.io/{argument.lower()}")
        case "notes":
            print(notes_of(ROOT, argument))
        case _:
            complaints = [f"{verb} is none of check, image, pin, verify, notes"]
    if complaints:
        raise SystemExit("\n".join(complaints))


if __name__ == "__main__":
    main(*sys.argv[1:])
