"""Masks secrets in text that leaves gatebot, in all their spellings and encodings."""

import base64
import html
import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from itertools import compress
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus, unquote

MASK = "***"
SHORTEST = 4  # characters; masking shorter values would make text unreadable
DISTINCT = 8  # least letters and digits of a spelling that is searched for with any separators between them
GIT_USER = "x-access-token"  # actions/checkout stores base64 of this name and the token in `.git/config`
NO_SECRETS = frozenset({"true", "false", "none", "null", "enabled", "disabled"})

PLACES = frozenset({"PWD", "OLDPWD", "HOME", "PATH", "TMPDIR", "VIRTUAL_ENV", "PYTHONPATH"})
PUBLIC = PLACES | {"USER", "LOGNAME", "SHELL", "TERM", "LANG", "TZ", "HOSTNAME", "CI", "GPG_KEY"}
"""Variables that are no secrets, also if somebody lists them as such: masked, no text could be read any more. `GPG_KEY`
is the public key of Python's releases in Python's own images."""

_NAME = re.compile(r"TOKEN(?!I[ZS])|SECRET|PASSW|CREDENTIAL|(^|_)(KEY|PAT|PWD|DSN)($|_)|API_?KEY", re.IGNORECASE)
_LOGIN = re.compile(r"://([^/@\s]+)@")
_LETTERS = bytes(code for code in range(128) if chr(code).isalnum())
_OTHERS = bytes(code for code in range(256) if code not in _LETTERS)
_LOWER = bytes(code + 32 if 65 <= code <= 90 else code for code in range(256))
_IS_LETTER = bytes(code in _LETTERS for code in range(256))
_held: list[str] = []


def is_secret_name(name: str) -> bool:
    """Whether an environment variable of this name holds a secret."""
    return name not in PUBLIC and _NAME.search(name) is not None


def holds_password(value: str) -> bool:
    """Whether the value is an address with credentials, such as `http://user:password@proxy`."""
    return _LOGIN.search(value) is not None


def is_secret(name: str, value: str) -> bool:
    """Whether an environment variable is secret, so that only code of base may see it."""
    return is_secret_name(name) or holds_password(value)


def secrets_of(environ: Mapping[str, str], names: Iterable[str] = ()) -> frozenset[str]:
    """Return the secrets in an environment: values of variables with secret names, and credentials in addresses.

    Args:
        environ: the complete environment.
        names: names of further variables that hold secrets.
    """
    named = {*names, *(name for name in environ if is_secret_name(name))} - PUBLIC
    places = {environ.get(name, "") for name in PLACES}
    found = {part for name in named if environ.get(name) not in places for part in _parts(environ.get(name, ""))}
    for value in environ.values():
        for login in _LOGIN.findall(value):
            password = login.rpartition(":")[2]
            found |= {login, unquote(login), password, unquote(password)}
    return frozenset(each for each in found if len(each) >= SHORTEST and each.lower() not in NO_SECRETS)


@contextmanager
def held(values: Iterable[str]) -> Iterator[None]:
    """Mask these values too while the block runs; for secrets that were removed from the environment."""
    before = list(_held)
    _held.extend(values)
    try:
        yield
    finally:
        _held[:] = before


def redactor(environ: Mapping[str, str] | None = None, names: Iterable[str] = ()) -> "Redactor":
    """Return the redactor for the secrets in this process's environment, now and when it was started.

    Args:
        environ: a further environment, by default none.
        names: names of further variables that hold secrets.
    """
    values = {part for value in _held for part in _parts(value)}
    for each in (os.environ, _started_with(), environ or {}):
        values |= secrets_of(each, names)
    return _made(frozenset(value for value in values if len(value) >= SHORTEST))


def redacted(text: str) -> str:
    """Return the text with all secrets masked that this process knows."""
    return redactor().mask(text)


@dataclass(frozen=True, slots=True)
class Redactor:
    """Masks a fixed set of secrets.

    Attributes:
        spellings: the letters and digits of each spelling, in lower case, which are found with any separators between
            them; and how many characters before and after belong to the spelling too, because base64 mixes
            neighbouring bytes into them.
        plain: patterns for spellings with too few letters and digits. They match the exact spelling, also across line
            ends, and the spelling with the same separator between all characters.
    """

    spellings: tuple[tuple[bytes, int, int], ...]
    plain: tuple[re.Pattern[bytes], ...]

    def mask(self, text: str) -> str:
        """Return the text with each secret replaced by `***`.

        The search ignores case and everything but letters and digits. So it finds a spelling across line ends, with
        any separators between its characters, quoted or escaped. It takes time linear in the text's length.
        """
        if not text or not (self.spellings or self.plain):
            return text
        data = text.encode("utf-8", "surrogatepass")
        letters = data.translate(_LOWER, _OTHERS)
        spans = [span for each in self.spellings for span in _found(letters, *each)]
        if spans:
            place = list(compress(range(len(data)), data.translate(_IS_LETTER)))
            spans = [(place[start], place[end - 1] + 1) for start, end in spans]
        for word in self.plain:
            spans += [found.span() for found in word.finditer(data)]
        return _without(data, spans).decode("utf-8", "surrogatepass") if spans else text

    def redact_all(self, value: Any) -> Any:
        """Return a JSON value with all its strings masked, including keys of mappings."""
        match value:
            case str():
                return self.mask(value)
            case dict():
                return {self.mask(str(name)): self.redact_all(inner) for name, inner in value.items()}
            case list() | tuple():
                return [self.redact_all(inner) for inner in value]
            case _:
                return value


def _parts(value: str) -> set[str]:
    """Split a value into lines, also at escaped line breaks, as in JSON text."""
    lines = set(value.splitlines())
    return {part for line in lines for part in (line, *(line.split("\\n") if "\\n" in line else ()))}


@lru_cache(maxsize=1)
def _started_with() -> Mapping[str, str]:
    """Return the environment that this process was started with, including variables that were deleted later."""
    try:
        pairs = Path("/proc/self/environ").read_bytes().decode(errors="replace").split("\0")
    except OSError:
        return {}
    return dict(pair.split("=", 1) for pair in pairs if "=" in pair)


@lru_cache(maxsize=8)
def _made(secrets: frozenset[str]) -> Redactor:
    spellings: set[tuple[bytes, int, int]] = set()
    short: set[bytes] = set()
    for secret in secrets:
        for text, before, after in _spelled(secret):
            data = text.encode("utf-8", "replace")
            letters = data.translate(_LOWER, _OTHERS)
            if len(letters) >= DISTINCT:
                spellings.add((letters, before, after))
            elif len(data) >= SHORTEST:
                short.add(data)
    return Redactor(tuple(sorted(spellings)), tuple(map(_short, sorted(short))))


def _short(word: bytes) -> re.Pattern[bytes]:
    first, *others = (re.escape(bytes([code])) for code in word)
    broken = rb"(?:\r?\n)?".join([first, *others])
    separated = first + rb"(?P<between>[^A-Za-z0-9]{1,4})" + rb"(?P=between)".join(others)
    return re.compile(broken + rb"|" + separated)


def _spelled(secret: str) -> Iterator[tuple[str, int, int]]:
    """Yield the spellings of a secret, each with how many characters before and after depend on the secret too.

    Variants in separators, quotes, backslashes and case need no spelling of their own if there are enough letters.
    """
    raw = secret.encode("utf-8", "replace")
    pairs = [f"{byte:02x}" for byte in raw]
    urls = {quote(secret, safe=""), quote(secret), quote_plus(secret), quote(quote(secret, safe=""))}
    escaped = {json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1], ascii(secret)[1:-1]}
    shell = {re.sub(r"([^\w@%+=:,./-])", r"\\\1", secret), secret.replace("'", "'\"'\"'"), secret.replace("'", "'\\''")}
    coded = {
        "".join(pairs),
        "".join(pairs).upper(),
        ":".join(pairs),
        " ".join(pairs),
        "-".join(pairs),
        "x" + "x".join(pairs),
        "0x" + "0x".join(pairs),
        "u00" + "u00".join(pairs),
        "25" + "25".join(pairs),
        "U000000" + "U000000".join(pairs),
        " ".join(str(byte) for byte in raw),
        "".join(f"{byte:03o}" for byte in raw),
        "0" + "0".join(f"{byte:03o}" for byte in raw),
    }
    for text in {secret, secret.upper(), secret.lower(), *urls, *escaped, *shell, *coded, html.escape(secret)}:
        yield text, 0, 0
        if text in (secret, *escaped):
            yield text[::-1], 0, 0
    yield base64.b64encode(f"{GIT_USER}:{secret}".encode("utf-8", "replace")).decode().rstrip("="), 0, 0
    for offset in range(3):
        code = base64.b64encode(b"\0" * offset + raw).decode().rstrip("=")
        before, after = (0, 2, 3)[offset], (offset + len(raw)) % 3 != 0
        core = code[before : len(code) - after]
        for text in {core, core.replace("+", "-").replace("/", "_")}:
            yield text, int(before > 0), int(after)


def _found(letters: bytes, spelling: bytes, before: int, after: int) -> Iterator[tuple[int, int]]:
    """Yield the spans of a spelling, including partial ones at the beginning and the end of the text."""
    for start, end in _all(letters, spelling):
        yield max(0, start - before), min(len(letters), end + after)
    first, last = letters[:DISTINCT], letters[-DISTINCT:]
    if len(first) < DISTINCT:
        return
    lengths = range(len(spelling) - 1, DISTINCT - 1, -1)
    begun = (length for length in lengths if letters.startswith(spelling[-length:]))
    ended = (length for length in lengths if letters.endswith(spelling[:length]))
    if first in spelling and (left := next(begun, 0)):
        yield 0, min(len(letters), left + after)
    if last in spelling and (left := next(ended, 0)):
        yield max(0, len(letters) - left - before), len(letters)


def _all(data: bytes, word: bytes) -> list[tuple[int, int]]:
    found = []
    at = data.find(word)
    while at >= 0:
        found.append((at, at + len(word)))
        at = data.find(word, at + len(word))
    return found


def _without(data: bytes, spans: list[tuple[int, int]]) -> bytes:
    """Return the data with one mask in place of each group of adjacent or overlapping spans."""
    kept: list[bytes] = []
    end = 0
    for start, stop in sorted(spans):
        if start > end or not kept:
            kept += [data[end:start], MASK.encode()]
        end = max(end, stop)
    return b"".join([*kept, data[end:]])
