"""Strict parsing of data addresses (URLs, buckets), so that all readers agree, and comparison by whole segments."""

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
    """The text is not an address that gatebot fetches; the message is a phrase that gives the reason."""


@dataclass(frozen=True, slots=True)
class Address:
    """The address of a file or folder of data.

    Attributes:
        scheme: `https`, `s3` and so on; aliases such as `s3a` are replaced by the usual name.
        host: the server or the bucket; `container@account` for Azure's own scheme.
        port: the port of a server; None for a bucket.
        path: the path's segments, as they are written.
        is_folder: whether the address ends in `/`.
        query: the text after `?`; empty for objects in a bucket.
    """

    scheme: str
    host: str
    port: int | None
    path: tuple[str, ...]
    is_folder: bool
    query: str = ""

    @property
    def bare(self) -> str:
        """The address without its query. It is safe to display, because only the query can hold a signature."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port in (None, _PORTS.get(self.scheme)) else f":{self.port}"
        end = "/" if self.is_folder and self.path else ""
        return f"{self.scheme}://{host}{port}/{'/'.join(self.path)}{end}"

    @property
    def text(self) -> str:
        """The full address, including the query, for fetching."""
        return f"{self.bare}?{self.query}" if self.query else self.bare

    def covers(self, other: "Address") -> bool:
        """Whether `other` equals this address or, if this address ends in `/`, lies below it."""
        if (self.scheme, self.host, self.port) != (other.scheme, other.host, other.port):
            return False
        mine, others = _decoded(self.path), _decoded(other.path)
        if not self.is_folder:
            return (mine, self.query, False) == (others, other.query, other.is_folder)
        return others[: len(mine)] == mine and (len(others) > len(mine) or other.is_folder)


def is_address(text: str) -> bool:
    """Whether the text is an address rather than a path."""
    return _ADDRESS.match(text) is not None


def shown(text: str) -> str:
    """Return an address without its query and credentials, which may be secret; it need not be valid."""
    scheme, _, rest = text.partition("://")
    host, slash, path = rest.partition("?")[0].partition("/")
    return f"{scheme}://{host.rpartition('@')[2]}{slash}{path}"


def parse(text: str) -> Address:
    """Parse an address.

    Raises:
        BadAddressError: The text is not an address, or servers and proxies could interpret it differently.
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
    """Parse the address that a rule allows: a single address or, if it ends in `/`, everything below it.

    Raises:
        BadAddressError: As for `parse`, or the address is a folder with a pattern or a query.
    """
    found = parse(text)
    if found.is_folder and (found.query or (found.scheme in STORES and any(map(_WILD.search, found.path)))):
        raise BadAddressError("a prefix takes neither patterns nor a query: end it with `/` at the last whole folder")
    return found


def _server(scheme: str, authority: str) -> tuple[str, int | None]:
    """Split the authority into host and port; a bucket has no port."""
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
    """Whether a segment, already decoded once, stays a single plain name however often it is decoded again."""
    before = None
    while before != segment:
        name = segment.partition(";")[0].strip()
        if not name or name in (".", "..") or "/" in segment or not segment.isprintable():
            return False
        if "\\" in segment or "\ufffd" in segment:
            return False
        before, segment = segment, unquote(segment)
    return True
