"""Log lines that may be stored: the last ones, without secrets and without terminal codes."""

import re
from collections.abc import Iterable, Mapping

from gatebot.config.model import Rules
from gatebot.sandbox import secrets_in

SHORTEST = 4  # masking shorter values would only make logs unreadable
LONGEST_LINE = 1000
_CODES = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|[\x00-\x08\x0b-\x1f\x7f]")
_SECRET_NAME = re.compile(r"TOKEN|SECRET|PASSW|CREDENTIAL|(^|_)(KEY|PAT|PWD|DSN)($|_)|API_?KEY", re.IGNORECASE)


def secrets_of(rules: Rules, environ: Mapping[str, str]) -> tuple[str, ...]:
    """Values that no log may show, the longest first."""
    fetch = rules.data.fetch.secrets if rules.data.fetch else ()
    addresses = (name for rule in rules.data.addresses or () for name in rule.secrets)
    names = {*fetch, *addresses, *secrets_in(environ), *(name for name in environ if _SECRET_NAME.search(name))}
    values = {line for name in names for line in (environ.get(name) or "").splitlines()}
    return tuple(sorted((value for value in values if len(value) >= SHORTEST), key=len, reverse=True))


def last_lines(log: str, count: int, secrets: Iterable[str]) -> tuple[str, ...]:
    """The last `count` lines, masked."""
    for secret in secrets:
        log = log.replace(secret, "***")
    lines = [_CODES.sub("", line.rsplit("\r", 1)[-1]) for line in log.rstrip().replace("\r\n", "\n").split("\n")]
    lines = [line if len(line) <= LONGEST_LINE else line[: LONGEST_LINE - 1] + "…" for line in lines]
    return tuple(lines[-count:]) if count and any(lines) else ()
