"""Data behind an address: bytes over http(s), and from object stores through polars' own readers."""

import io
import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING

from gatebot.data.packing import LARGEST, plain_name
from gatebot.data.source import Place
from gatebot.errors import MachineError, UsageError

if TYPE_CHECKING:
    import polars as pl
    import requests

_TRIES = 3
_TIMEOUT_S = (10, 120)  # to connect, and between two pieces
_FILE = "gatebot file"


def fetched(place: Place) -> "Sequence[tuple[str, bytes | pl.DataFrame]]":
    """The files that an address means, by name: bytes, or tables where a store holds Parquet. Stores take globs.

    Credentials and endpoints come from the environment that the stores' own tools use (`AWS_ACCESS_KEY_ID`,
    `AWS_ENDPOINT_URL`, `GOOGLE_APPLICATION_CREDENTIALS`, `AZURE_STORAGE_ACCOUNT_NAME` and so on).

    Raises:
        UsageError: nothing is there, or it may not be read.
        MachineError: the server or the network failed.
    """
    if place.scheme in ("http", "https"):
        return [(_bare(place.name), _downloaded(place.name))]
    return _stored(place.name)


def _bare(address: str) -> str:
    """An address without what may be secret in it: a signed query, a password."""
    scheme, _, rest = address.partition("://")
    host, slash, path = rest.partition("?")[0].partition("/")
    return f"{scheme}://{host.rpartition('@')[2]}{slash}{path}"


def _downloaded(address: str) -> bytes:
    import requests

    name = _bare(address)
    reason = ""
    for _ in range(_TRIES):
        try:
            with requests.get(address, timeout=_TIMEOUT_S, stream=True) as answer:
                if answer.status_code < 500:
                    return _body(answer, name)
                reason = f"HTTP {answer.status_code}"
        except requests.RequestException as error:
            reason = type(error).__name__
    raise MachineError(f"`{name}` could not be fetched: {reason}.", "Try again; is the server up?")


def _body(answer: "requests.Response", name: str) -> bytes:
    if answer.status_code in (401, 403):
        raise UsageError(
            f"`{name}` may not be read (HTTP {answer.status_code}).", "Is the address signed and still valid?"
        )
    if answer.status_code != 200:
        raise UsageError(f"`{name}` is not there (HTTP {answer.status_code}).", "Check the address.")
    body = io.BytesIO()
    for piece in answer.iter_content(1 << 20):
        body.write(piece)
        if body.tell() > LARGEST:
            raise UsageError(f"`{name}` holds more than {LARGEST >> 30} GiB.", "Give several smaller files.")
    return body.getvalue()


def _stored(address: str) -> "Sequence[tuple[str, bytes | pl.DataFrame]]":
    """Files of an object store: tables where the address says Parquet, else bytes."""
    import polars as pl

    table = plain_name(address).endswith((".parquet", ".pq"))
    scan = pl.scan_parquet if table else pl.scan_lines
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # polars asks for a region where the endpoint needs none
            frame = scan(address, storage_options={"max_retries": _TRIES}, include_file_paths=_FILE).collect()
    except FileNotFoundError as error:
        raise UsageError(f"`{address}` is not there.", "Check bucket, key and endpoint.") from error
    except pl.exceptions.PolarsError as error:
        raise _unreadable(address, str(error)) from error
    except (pl.exceptions.PanicException, OSError, ValueError) as error:
        raise _failed(address, str(error)) from error
    parts = frame.partition_by(_FILE, as_dict=True, include_key=False, maintain_order=True)
    if not parts:
        raise UsageError(f"`{address}` matches nothing, or holds no line.", "Check bucket, key and endpoint.")
    found = sorted((str(key[0]), part) for key, part in parts.items())
    return [(name, part if table else "\n".join(part.to_series().to_list()).encode()) for name, part in found]


def _unreadable(address: str, why: str) -> UsageError:
    if "expanded paths were empty" in why:
        return UsageError(f"`{address}` matches nothing.", "Check bucket, key and endpoint.")
    if "utf8" in why.lower() or "utf-8" in why.lower():
        return UsageError(
            f"`{address}` is not UTF-8 text.",
            "Convert it to UTF-8; packed files must be .gz or .zst, Parquet must be .parquet.",
        )
    return UsageError(f"`{address}` cannot be read: {why.strip().splitlines()[0]}.", "Is it complete? Write it again.")


def _failed(address: str, why: str) -> UsageError | MachineError:
    reason = (why.strip().splitlines() or ["no answer"])[0][:300]
    if any(sign in why for sign in ("403", "401", "Forbidden", "redential", "must be specified", "Account")):
        return UsageError(
            f"`{address}` may not be read: {reason}.",
            "Pass the store's credentials in the environment of gatebot's job.",
        )
    return MachineError(f"`{address}` could not be fetched: {reason}.", "Try again; is the store up?")
