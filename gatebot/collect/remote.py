"""Fetches data from addresses that the Rules allow, with a program in the sandbox that writes files."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gatebot.collect import bounded_read
from gatebot.collect.bounded_read import UnreadableError
from gatebot.collect.decoding import table
from gatebot.collect.log_lines import last_lines
from gatebot.collect.program import Programs, Ran
from gatebot.collect.runner import ways_out
from gatebot.config.sections.data import AllowedAddress, DataRules
from gatebot.core.address import Address, BadAddressError, is_address, parse, parse_prefix, shown
from gatebot.core.redact import redactor
from gatebot.data.packing import LARGEST
from gatebot.errors import GateError, MachineError, UsageError
from gatebot.sandbox import GIB, MIB, Ended, Limits

if TYPE_CHECKING:
    import polars as pl

PROGRAM = Path(__file__).with_name("download.py")  # copied, not imported: it runs in the sandbox
ANSWER = "answer.json"
SECONDS = 1800.0
MEMORY = 16 * GIB
MOST_FILES = 10_000
# Variables that locate a store. They are not secret; credentials are passed only if a rule names them.
PLACES = (
    "AWS_ENDPOINT_URL",
    "AWS_ENDPOINT_URL_S3",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "AWS_ALLOW_HTTP",
    "AWS_VIRTUAL_HOSTED_STYLE_REQUEST",
    "AZURE_STORAGE_ACCOUNT_NAME",
    "AZURE_STORAGE_ENDPOINT",
)
FILES = ("GOOGLE_APPLICATION_CREDENTIALS", "AWS_WEB_IDENTITY_TOKEN_FILE", "AZURE_FEDERATED_TOKEN_FILE")


@dataclass(frozen=True, slots=True)
class Remote:
    """Fetches the files behind an address.

    Attributes:
        rules: the addresses that are allowed, and the secrets that each may see.
        programs: starts the program that fetches.
        environ: gatebot's own environment, of which only proxies, store locations and what a rule names are passed on.
    """

    rules: DataRules
    programs: Programs
    environ: Mapping[str, str]

    def __call__(self, text: str) -> "Sequence[tuple[str, bytes | pl.DataFrame]]":
        """Return the files behind an address, by name: bytes, or tables if a store holds Parquet. Stores accept globs.

        Raises:
            UsageError: the address is not allowed, does not exist, or may not be read.
            MachineError: the server or the network failed.
            GateError: nothing may be started here.
        """
        address, rule = allowed(text, self.rules)
        question = {"address": address.text, "name": address.bare, "private": rule.private, "most": LARGEST}
        secrets = {name: self.environ[name] for name in rule.secrets if name in self.environ}
        files = _credential_files(secrets)
        places = {name: self.environ[name] for name in PLACES if name in self.environ}
        limits = Limits(seconds=SECONDS, memory_bytes=MEMORY, disk_bytes=LARGEST + MIB)
        with self.programs.ran(
            PROGRAM,
            json.dumps(question).encode(),
            limits,
            network=True,
            env={**ways_out(self.environ), **places, **secrets},
            files=files,
        ) as ran:
            answer = _answer(ran, address, tuple(secrets.values()))
            if "problem" in answer:
                missing = [name for name in rule.secrets if name not in self.environ]
                raise _trouble(answer["problem"], address, missing, tuple(secrets.values()))
            return list(_files(answer.get("files"), ran, address))


def _credential_files(secrets: Mapping[str, str]) -> dict[str, bytes]:
    """Return the content of credential files that variables of cloud tools name: the program cannot read them in place.

    Raises:
        UsageError: such a file cannot be read.
    """
    found = {}
    for name in (name for name in FILES if secrets.get(name)):
        try:
            found[name] = bounded_read.read(Path(secrets[name]).resolve(), MIB)
        except (OSError, UnreadableError) as error:
            raise UsageError(
                f"the file that {name} names cannot be read: {error}.", "Is the login step done?"
            ) from error
    return found


def allowed(text: str, rules: DataRules) -> tuple[Address, AllowedAddress]:
    """Return a parsed address and the first rule that allows it.

    Raises:
        UsageError: no rule allows it.
    """
    try:
        address = parse(text)
    except BadAddressError as error:
        raise UsageError(f"`{shown(text)}` is not fetched: {error}.", "Write the plain address of a file.") from error
    for rule in rules.addresses or ():
        try:
            covered = parse_prefix(rule.prefix).covers(address)
        except BadAddressError:
            continue  # an unreadable prefix in the Rules is reported where the Rules are read
        if covered:
            return address, rule
    raise UsageError(
        f"`{address.bare}` is not an address that the base branch's gatebot.yml allows.",
        f"Allow it there first, in a pull request of its own: `data.addresses: [{_above(address)}]`.",
    )


def _above(address: Address) -> str:
    """Return the folder of an address."""
    whole = address.bare.rstrip("/")
    return whole[: whole.rfind("/") + 1] if address.path else address.bare


def _answer(ran: Ran, address: Address, secrets: tuple[str, ...]) -> dict[str, Any]:
    """Return the program's answer.

    Raises:
        MachineError: the program was ended, or wrote no answer.
    """
    done = ran.completed
    if not done.ok:
        how = f"exit code {done.exit_code}" if done.ended is Ended.EXITED else f"it was ended ({done.ended})"
        last = _line(done.log_tail.strip().rpartition("\n")[2], secrets)
        raise MachineError(f"`{address.bare}` could not be fetched: {how}. {last}".strip(), "Is it too large?")
    try:
        answer = json.loads(ran.read(ANSWER, 16 * MIB))
    except (OSError, UnreadableError, ValueError, RecursionError) as error:
        raise MachineError(f"`{address.bare}` could not be fetched: {error}.", "Try again.") from error
    return answer if isinstance(answer, dict) else {}


def _trouble(error: Any, address: Address, missing: list[str], secrets: tuple[str, ...]) -> GateError:
    """Return the program's error as an exception, with each text on one line: it may contain text of a server."""
    words = error if isinstance(error, dict) else {}
    message, hint = (_line(words.get(key), secrets) for key in ("message", "hint"))
    if missing:
        hint = f"{', '.join(missing)} is not set in gatebot's environment. {hint}"
    kind = MachineError if words.get("kind") == "machine" else UsageError
    return kind(message or f"`{address.bare}` could not be fetched.", hint)


def _line(text: object, secrets: tuple[str, ...]) -> str:
    known = {str(at): value for at, value in enumerate(secrets)}
    masked = last_lines(" ".join(str(text).split()), 1, redactor(known, known))
    return "".join(char if char.isprintable() else " " for line in masked for char in line)


def _files(listed: Any, ran: Ran, address: Address) -> "Iterator[tuple[str, bytes | pl.DataFrame]]":
    """Yield the files that the program wrote, with their names.

    Raises:
        MachineError: the output is not valid, as after reading hostile content.
    """
    try:
        if not isinstance(listed, list) or not 0 < len(listed) <= MOST_FILES:
            raise ValueError("no list of files")
        left = LARGEST
        for name, file, kind in listed:
            if not isinstance(name, str) or not name.isprintable() or not is_address(name) or not str(file).isdigit():
                raise ValueError("a file without a name")
            data = ran.read(file, left)
            left -= len(data)
            yield shown(name), table(data) if kind == "table" else data
    except (OSError, UnreadableError, ValueError, TypeError) as error:
        raise MachineError(f"`{address.bare}` could not be fetched: {error}.", "Try again.") from error
