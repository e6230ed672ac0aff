"""Fetches one address. This program runs in the sandbox and writes the content to files.

The Rules have already allowed the address. This program resolves each server's name once, checks the resulting network
addresses, and connects only to addresses that it has checked. It does the same for each redirect.
"""

import ipaddress
import json
import os
import socket
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

TRIES = 3
REDIRECTS = 5
TIMEOUT_S = (10, 120)  # to connect, and between two chunks
ANSWER = "answer.json"
PIECE = 1 << 20
FILE = "gatebot file"
ENDPOINTS = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT", "AZURE_STORAGE_ENDPOINT", "AZURE_ENDPOINT")
CREDENTIALS = {
    "s3": ("aws_skip_signature", ("AWS_ACCESS_KEY_ID", "AWS_WEB_IDENTITY_TOKEN_FILE")),
    "gs": ("google_skip_signature", ("GOOGLE_",)),
}

# Names and addresses of metadata services, which give a cloud machine its identity and its credentials.
METADATA_NAMES = frozenset(
    {"metadata", "metadata.google.internal", "metadata.goog", "instance-data", "instance-data.ec2.internal"}
)
METADATA = ("169.254.0.0/16", "100.100.100.200", "168.63.129.16", "192.0.0.192", "fd00:ec2::/32", "fd20:ce::254")
NEVER = (
    *(*METADATA, "fd00:42::42"),
    *("0.0.0.0/8", "224.0.0.0/4", "240.0.0.0/4"),
    *("::/128", "fe80::/10", "ff00::/8", "64:ff9b:1::/48"),
)
PRIVATE = (
    *("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"),
    *("::1/128", "fc00::/7", "fec0::/10"),
)
NAT64 = ipaddress.ip_network("64:ff9b::/96")

IP = ipaddress.IPv4Address | ipaddress.IPv6Address


class ProblemError(Exception):
    """Fetching failed; holds whose fault it is, a message and a hint."""

    def __init__(self, kind: str, message: str, hint: str) -> None:
        super().__init__(message)
        self.answer = {"kind": kind, "message": message, "hint": hint}


def main() -> None:
    """Fetch the address in the request file that is named on the command line: `{address, name, private, most}`."""
    question = json.loads(Path(sys.argv[1]).read_bytes())
    try:
        answer: dict[str, Any] = {"files": fetched(**question)}
    except ProblemError as problem:
        answer = {"problem": problem.answer}
    Path(ANSWER).write_text(json.dumps(answer))


def fetched(address: str, name: str, *, private: bool, most: int) -> list[list[str]]:
    """Fetch an address.

    Args:
        address: the address to fetch.
        name: the address without parts that may be secret.
        private: whether its server may be on this machine or in a private network.
        most: the maximum number of bytes in total.

    Returns:
        For each file: its name, the name of the file with its bytes, and `bytes` or `table`.

    Raises:
        ProblemError: nothing could be fetched.
    """
    if urlsplit(address).scheme in ("http", "https"):
        return [[name, downloaded(address, name, private=private, most=most), "bytes"]]
    return stored(address, private=private, most=most)


# --- which servers may be reached ---


def why_not(host: str, ip: str, *, private: bool) -> str:
    """Return why a network address may not be reached, or an empty string if it may."""
    if host.lower().rstrip(".") in METADATA_NAMES:
        return "a metadata service"
    number = innermost(ipaddress.ip_address(ip))
    if number is None or _within(number, NEVER):
        return "an address that is never fetched from"
    if _within(number, PRIVATE):
        return "" if private else "an address of this machine or of a private network"
    return "" if number.is_global and not number.is_multicast else "no public address"


def innermost(number: IP) -> IP | None:
    """Return the embedded IPv4 address if there is one, else the address; None for forms that are not accepted."""
    if isinstance(number, ipaddress.IPv4Address):
        return number
    if number.ipv4_mapped is not None:
        return number.ipv4_mapped
    if number in NAT64:
        return ipaddress.IPv4Address(int(number) & 0xFFFFFFFF)
    if number.sixtofour is not None or number.teredo is not None:
        return None
    if int(number) >> 32 == 0 and int(number) > 1:  # an IPv4 address in the old compatible form
        return None
    return number


def _within(number: IP, networks: tuple[str, ...]) -> bool:
    found = (ipaddress.ip_network(each) for each in networks)
    return any(network.version == number.version and number in network for network in found)


def looked_up(host: str, port: int) -> list[str]:
    """Return the addresses of a host, or an empty list if its name is unknown."""
    try:
        return [str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    except socket.gaierror:
        return []


def guarded(trusted: str, name: str, proxy: tuple[str, int] | None, *, private: bool) -> Callable[..., Any]:
    """Return a replacement for `socket.getaddrinfo` that returns checked addresses only.

    Args:
        trusted: the host that `private` refers to; all other hosts must be public.
        name: the name of what is fetched, for the error message.
        proxy: the proxy that connections go through. Its own address is not checked, because the operator chose it.
        private: whether `trusted` may be private.
    """
    unguarded = socket.getaddrinfo

    def look_up(host: Any, port: Any, *rest: Any, **more: Any) -> Any:
        found = unguarded(host, port, *rest, **more)
        text = host.decode() if isinstance(host, bytes) else str(host)
        if proxy is None or (text, int(port)) != proxy:
            for entry in found:
                refuse(text, str(entry[4][0]), name, private=private and text == trusted)
        return found

    return look_up


def refuse(host: str, ip: str, name: str, *, private: bool) -> None:
    """Check that an address may be reached.

    Raises:
        ProblemError: it may not.
    """
    why = why_not(host, ip, private=private)
    if why:
        raise ProblemError(
            "usage",
            f"`{name}` is not fetched: {host} is {why if host == ip else f'{ip}, {why}'}.",
            "A store in your own network is allowed by `data.addresses: [{prefix: …, private: true}]` of the base "
            "branch; link-local and metadata addresses never are.",
        )


# --- http(s) ---


def downloaded(address: str, name: str, *, private: bool, most: int) -> str:
    """Download an address, and return the name of the file with its content."""
    import requests

    reason = ""
    for _ in range(TRIES):
        try:
            with followed(address, name, private=private) as answer:
                if answer.status_code < 500:
                    return body(answer, name, most)
                reason = f"HTTP {answer.status_code}"
        except requests.RequestException as error:
            reason = type(error).__name__
    raise ProblemError("machine", f"`{name}` could not be fetched: {reason}.", "Try again; is the server up?")


def followed(address: str, name: str, *, private: bool) -> Any:
    """Return the response after at most five redirects. Each is a separate request, without cookies or passwords."""
    trusted = urlsplit(address).hostname or ""
    for _ in range(REDIRECTS + 1):
        answer = asked(address, trusted, name, private=private)
        if not answer.is_redirect:
            return answer
        answer.close()
        address = redirected(address, answer.headers["location"], name)
    raise ProblemError(
        "usage", f"`{name}` is redirected more than {REDIRECTS} times.", "Give the address that it leads to."
    )


def redirected(address: str, location: str, name: str) -> str:
    """Return the target of a redirect, if it may be followed."""
    try:
        target = urlsplit(urljoin(address, location))
        odd = not location.isprintable() or "\\" in location or target.port == 0 or not target.hostname
    except ValueError:
        odd = True
    if odd or target.scheme not in ("http", "https") or "@" in target.netloc:
        why = "to what is no plain http(s) address"
    elif target.scheme == "http" and urlsplit(address).scheme == "https":
        why = "from https to http"
    else:
        return target._replace(fragment="").geturl()
    raise ProblemError("usage", f"`{name}` is redirected {why}.", "Give the address that it leads to.")


def asked(address: str, trusted: str, name: str, *, private: bool) -> Any:
    """Send one request to a server whose address was checked."""
    import requests
    from requests.utils import get_environ_proxies, select_proxy

    parts = urlsplit(address)
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    proxies = get_environ_proxies(address, no_proxy=None)
    proxy = urlsplit(select_proxy(address, proxies) or "")
    through = (proxy.hostname, proxy.port or 80) if proxy.hostname else None
    if through is not None:  # the proxy resolves names itself; the addresses known here are checked as well
        for ip in looked_up(host, port):
            refuse(host, ip, name, private=private and host == trusted)
    unguarded = socket.getaddrinfo
    socket.getaddrinfo = guarded(trusted, name, through, private=private)
    try:
        session = requests.Session()
        session.trust_env = False  # no password from .netrc or elsewhere is added
        verify = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("SSL_CERT_FILE") or True
        return session.get(
            address, timeout=TIMEOUT_S, stream=True, allow_redirects=False, proxies=proxies, verify=verify
        )
    finally:
        socket.getaddrinfo = unguarded


def body(answer: Any, name: str, most: int) -> str:
    """Write the body of a response to a file, and return its name."""
    if answer.status_code in (401, 403):
        raise ProblemError(
            "usage", f"`{name}` may not be read (HTTP {answer.status_code}).", "Is the address signed and still valid?"
        )
    if answer.status_code != 200:
        raise ProblemError("usage", f"`{name}` is not there (HTTP {answer.status_code}).", "Check the address.")
    file = Path("0")
    size = 0
    with file.open("wb") as out:
        for piece in answer.iter_content(PIECE):
            size += len(piece)
            check_size(size, name, most)
            out.write(piece)
    return file.name


def check_size(size: int, name: str, most: int) -> None:
    """Check the size of the content.

    Raises:
        ProblemError: it exceeds the maximum.
    """
    if size > most:
        limit = f"{most >> 30} GiB" if most >> 30 else f"{most} bytes"
        raise ProblemError("usage", f"`{name}` holds more than {limit}.", "Give several smaller files.")


# --- object stores ---


def stored(address: str, *, private: bool, most: int) -> list[list[str]]:
    """Fetch files from an object store: as tables if the address names Parquet, else as bytes."""
    import polars as pl

    check_endpoint(address, private=private)
    table = address.lower().endswith((".parquet", ".pq"))
    scan = pl.scan_parquet if table else pl.scan_lines
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # polars asks for a region even if the endpoint needs none
            source = scan(address, storage_options=options(address), credential_provider=None, include_file_paths=FILE)
            frame = source.collect()
    except FileNotFoundError as error:
        raise ProblemError("usage", f"`{address}` is not there.", "Check bucket, key and endpoint.") from error
    except pl.exceptions.PolarsError as error:
        raise unreadable(address, str(error)) from error
    except (pl.exceptions.PanicException, OSError, ValueError) as error:
        raise failed(address, str(error)) from error
    parts = frame.partition_by(FILE, as_dict=True, include_key=False, maintain_order=True)
    if not parts:
        raise ProblemError(
            "usage", f"`{address}` matches nothing, or holds no line.", "Check bucket, key and endpoint."
        )
    files, size = [], 0
    for number, (name, part) in enumerate(sorted((str(key[0]), part) for key, part in parts.items())):
        file = Path(str(number))
        if table:
            part.write_ipc(file, compression="uncompressed")
        else:
            file.write_bytes("\n".join(part.to_series().to_list()).encode())
        size += file.stat().st_size
        check_size(size, address, most)
        files.append([name, file.name, "table" if table else "bytes"])
    return files


def options(address: str) -> dict[str, Any]:
    """Return the storage options.

    Without given credentials, requests are not signed: credentials of the machine must not be used.
    """
    skip, needed = CREDENTIALS.get(address.partition("://")[0], ("azure_skip_signature", ("AZURE_",)))
    has = any(name.startswith(needed) and name not in ENDPOINTS for name in os.environ)
    return {"max_retries": TRIES, **({} if has else {skip: "true"})}


def check_endpoint(address: str, *, private: bool) -> None:
    """Check the store's own server, if one is named.

    Raises:
        ProblemError: it may not be reached.
    """
    account = urlsplit(address).netloc.rpartition("@")[2] if "@" in address else ""
    named = [os.environ[name] for name in ENDPOINTS if name in os.environ]
    for host in dict.fromkeys([*(urlsplit(each).hostname or "" for each in named), account]):
        for ip in looked_up(host, 443) if host else []:
            refuse(host, ip, address, private=private)


def unreadable(address: str, why: str) -> ProblemError:
    """Return the problem for content that polars cannot read."""
    if "expanded paths were empty" in why:
        return ProblemError("usage", f"`{address}` matches nothing.", "Check bucket, key and endpoint.")
    if "utf8" in why.lower() or "utf-8" in why.lower():
        return ProblemError(
            "usage",
            f"`{address}` is not UTF-8 text.",
            "Convert it to UTF-8; packed files must be .gz or .zst, Parquet must be .parquet.",
        )
    first = why.strip().splitlines()[0]
    return ProblemError("usage", f"`{address}` cannot be read: {first}.", "Is it complete? Write it again.")


def failed(address: str, why: str) -> ProblemError:
    """Return the problem for a store that refused access or did not respond."""
    reason = (why.strip().splitlines() or ["no answer"])[0][:300]
    if any(sign in why for sign in ("403", "401", "Forbidden", "redential", "must be specified", "Account")):
        return ProblemError(
            "usage",
            f"`{address}` may not be read: {reason}.",
            "Name the variables that hold the store's credentials in base's `data.addresses: "
            "[{prefix: …, secrets: [NAME]}]`, and pass them in the environment of gatebot's job.",
        )
    return ProblemError("machine", f"`{address}` could not be fetched: {reason}.", "Try again; is the store up?")


if __name__ == "__main__":
    main()
