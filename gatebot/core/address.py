"""Addresses of data: read strictly, so that no two readers disagree about them, and compared by whole segments."""

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import unquote

WEB = ("http", "https")
STORES = ("s3", "gs", "az", "abfs", "abfss", "adl")
SCHEMES = (*STORES, *WEB)
_SAME = {"s3a": "s3", "gcs": "gs", "azure": "az"}
_PORTS = {"http": 80, "https": 443}
_ADDRESS = re.compile(r"([a-z][a-z0-9+.-]*)://", re.IGNORECASE)
_NAME = re.compile(r"[a-z0-9]([a-z0-9._-]*[a-z0-9])?", re.ASCII)
_WILD = re.compile(r"[*?\[{]")
_LONGEST = 2000


class BadAddressError(ValueError):
    """A text is no address that would be fetched; says why, as a phrase."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where data lies.

    Attributes:
        scheme: `https`, `s3` and so on, in its usual spelling.
        host: of the server, or the bucket; `container@account` for Azure's own scheme.
        port: of a server; None for a bucket.
        path: its segments as they are written.
        is_folder: whether it ends in `/`.
        query: what follows `?`; objects of a store have none.
    """

    scheme: str
    host: str
    port: int | None
    path: tuple[str, ...]
    is_folder: bool
    query: str = ""

    @property
    def bare(self) -> str:
        """Without the query, which may be a signature: fit to be shown."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port in (None, _PORTS.get(self.scheme)) else f":{self.port}"
        end = "/" if self.is_folder and self.path else ""
        return f"{self.scheme}://{host}{port}/{'/'.join(self.path)}{end}"

    @property
    def text(self) -> str:
        """The whole, as it is fetched."""
        return f"{self.bare}?{self.query}" if self.query else self.bare

    def covers(self, other: "Address") -> bool:
        """Whether `other` is this address, or where this ends in `/`, lies below it."""
        if (self.scheme, self.host, self.port) != (other.scheme, other.host, other.port):
            return False
        mine, others = _decoded(self.path), _decoded(other.path)
        if not self.is_folder:
            return (mine, self.query, False) == (others, other.query, other.is_folder)
        return others[: len(mine)] == mine and (len(others) > len(mine) or other.is_folder)


def is_address(text: str) -> bool:
    """Whether a text is meant as an address and not as a path."""
    return _ADDRESS.match(text) is not None


def shown(text: str) -> str:
    """An address without what may be secret in it, whether it can be read or not: a signed query, a password."""
    scheme, _, rest = text.partition("://")
    host, slash, path = rest.partition("?")[0].partition("/")
    return f"{scheme}://{host.rpartition('@')[2]}{slash}{path}"


def parse(text: str) -> Address:
    """Read an address.

    Raises:
        BadAddressError: it is none, or it is written in a way that servers and proxies read differently.
    """
    match = _ADDRESS.match(text)
    if match is None:
        raise BadAddressError("it is no address")
    if len(text) > _LONGEST or not text.isprintable() or "\\" in text or "#" in text or text != text.strip():
        raise BadAddressError("it holds a control character, a backslash, a `#`, or is too long")
    scheme = _SAME.get(match[1].lower(), match[1].lower())
    if scheme not in SCHEMES:
        raise BadAddressError(f"data cannot be read over {scheme}://")
    rest, query = text[match.end() :], ""
    if scheme in WEB:
        rest, _, query = rest.partition("?")
    authority, _, path = rest.partition("/")
    host, port = _server(scheme, authority)
    segments = path.split("/")
    is_folder = segments[-1] == ""
    kept = tuple(segments[:-1] if is_folder else segments)
    for segment, plain in zip(kept, _decoded(kept), strict=True):
        if not _is_plain(plain):
            raise BadAddressError(f"`{segment}` in its path can mean another folder")
    return Address(scheme, host, port, kept, is_folder, query)


def parse_prefix(text: str) -> Address:
    """Read what a rule allows: one address, or where it ends in `/`, all below it.

    Raises:
        BadAddressError: as for `parse`; or it is a folder with a pattern or a query.
    """
    found = parse(text)
    if found.is_folder and (found.query or (found.scheme in STORES and any(map(_WILD.search, found.path)))):
        raise BadAddressError("a prefix takes neither patterns nor a query: end it with `/` at the last whole folder")
    return found


def _server(scheme: str, authority: str) -> tuple[str, int | None]:
    """Host and port, or the bucket."""
    if scheme in ("abfs", "abfss"):
        container, at, account = authority.lower().partition("@")
        if not all(_NAME.fullmatch(part) for part in (container, *([account] if at else []))):
            raise BadAddressError("its container and account are not plain names")
        return authority.lower(), None
    if "@" in authority:
        raise BadAddressError("it holds a user name or a password")
    bracketed = re.fullmatch(r"\[([0-9A-Fa-f:.]+)\](?::(\d{1,5}))?", authority)
    plain = re.fullmatch(r"([^:\[\]]+?)\.?(?::(\d{1,5}))?", authority)
    match = bracketed or plain
    if match is None:
        raise BadAddressError("its host and port cannot be told apart")
    host = match[1].lower()
    if bracketed:
        try:
            host = ipaddress.IPv6Address(host).compressed
        except ValueError as error:
            raise BadAddressError("its host is no IPv6 address") from error
    elif not _NAME.fullmatch(host):
        raise BadAddressError("its host is no plain name; names in other scripts are written in punycode")
    if scheme not in WEB:
        if match[2] or bracketed:
            raise BadAddressError("a bucket has no port")
        return host, None
    port = int(match[2]) if match[2] else _PORTS[scheme]
    if not 0 < port < 65536:
        raise BadAddressError("its port is none")
    return host, port


def _decoded(path: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(unquote(segment) for segment in path)


def _is_plain(segment: str) -> bool:
    """Whether a segment, decoded once, is one name for everybody, however often it is decoded again."""
    before = None
    while before != segment:
        name = segment.partition(";")[0].strip()
        if not name or name in (".", "..") or "/" in segment or not segment.isprintable():
            return False
        if "\\" in segment or "\ufffd" in segment:
            return False
        before, segment = segment, unquote(segment)
    return True
