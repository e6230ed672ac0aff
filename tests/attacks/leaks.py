"""Looks for secrets in whatever a job has let out, in every spelling that a program could give them."""

import base64
import io
import json
import re
import zipfile
from collections.abc import Iterator, Mapping
from urllib.parse import quote


def found(outputs: Mapping[str, bytes], secrets: Mapping[str, str]) -> list[str]:
    """Which secret stands where, and how it is spelled."""
    told = []
    for place, content in _opened(outputs):
        told += [f"{name} in {place}: {how}" for name, secret in secrets.items() for how in spelled(content, secret)]
    return told


def spelled(content: bytes, secret: str) -> list[str]:
    """The spellings in which a content holds a secret."""
    lower, dense = content.lower(), re.sub(rb"[^A-Za-z0-9]", b"", content)
    hits = [how for how, needle in spellings(secret) if needle in content or (how == "hex" and needle in lower)]
    tight = re.sub(r"[^A-Za-z0-9]", "", secret).encode()
    if len(tight) >= 12:
        hits += [how for how, needle in (("split", tight), ("reversed and split", tight[::-1])) if needle in dense]
        coded = [re.sub(rb"[^A-Za-z0-9]", b"", needle) for how, needle in spellings(secret) if how.startswith("base64")]
        hits += ["base64 and split"] * any(needle in dense for needle in coded)
        hits += ["hex and split"] * (secret.encode().hex().encode() in dense.lower())
    return list(dict.fromkeys(hits))


def spellings(secret: str) -> Iterator[tuple[str, bytes]]:
    """A secret as it is, and as programs write it."""
    raw = secret.encode()
    yield "plain", raw
    yield "reversed", raw[::-1]
    yield "hex", raw.hex().encode()
    yield "url", quote(secret, safe="").encode()
    yield "url, every byte", "".join(f"%{byte:02X}" for byte in raw).encode()
    yield "json", json.dumps(secret)[1:-1].encode()
    yield "json, every character", "".join(f"\\u{ord(char):04x}" for char in secret).encode()
    yield "shell, hex", "".join(f"\\x{byte:02x}" for byte in raw).encode()
    yield "shell, octal", "".join(f"\\{byte:03o}" for byte in raw).encode()
    for offset in range(3):
        for name, coder in (("base64", base64.b64encode), ("base64url", base64.urlsafe_b64encode)):
            coded = coder(b"\0" * offset + raw)
            first = {0: 0, 1: 2, 2: 3}[offset]
            last = len(coded) - {0: 0, 1: 3, 2: 2}[(offset + len(raw)) % 3]
            yield f"{name} at {offset}", coded[first:last]


def _opened(outputs: Mapping[str, bytes]) -> Iterator[tuple[str, bytes]]:
    """Each output, and what is packed in it."""
    for place, content in outputs.items():
        yield place, content
        if content.startswith(b"PK\x03\x04"):
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                inner = {f"{place}/{name}": archive.read(name) for name in archive.namelist()}
            yield from _opened(inner)
