"""Downloads an artifact. The token is sent only to the API, and the size is limited."""

import hashlib
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from gatebot.github.api import Api, Purpose, patiently
from gatebot.github.api_errors import ApiError, FailedResponse, UnavailableError, explain
from gatebot.github.archive import CHUNK, ArchiveError, Limits, unpack

if TYPE_CHECKING:
    from requests import PreparedRequest, Response

PERMISSION = "actions: read"
MAX_REDIRECTS = 4


@dataclass(frozen=True, slots=True)
class Parcel:
    """An artifact as the API describes it. `digest` is `sha256:...`, or empty on servers that provide none."""

    id: int
    name: str
    size: int
    digest: str = ""


def download(
    api: Api, parcel: Parcel, into: Path, names: Sequence[str], limits: Limits | None = None
) -> tuple[str, ...]:
    """Download an artifact and unpack it into a new directory.

    The API redirects to a storage server, which must not receive the token.

    Returns:
        The relative paths of the files.

    Raises:
        ArchiveError: The artifact is too large, has the wrong digest, or is not an acceptable zip.
        ApiError: A request fails; `GoneError` if the artifact has expired.
    """
    limits = limits or Limits()
    if parcel.size > limits.packed_bytes:
        raise ArchiveError(
            f"the artifact {parcel.name!r} has {parcel.size:,} bytes; {limits.packed_bytes:,} are accepted"
        )
    why = Purpose(f"download the artifact {parcel.name!r}", PERMISSION)
    with tempfile.TemporaryDirectory(prefix="gatebot-", dir=into.parent) as scratch:
        archive = Path(scratch) / "artifact.zip"
        digest = patiently(lambda: _stream(api, parcel.id, archive, limits, why), why, api.pace, repeatable=True)
        if parcel.digest and parcel.digest != f"sha256:{digest}":
            raise ArchiveError(
                f"the artifact {parcel.name!r} is not what was uploaded: its digest is"
                f" sha256:{digest}, GitHub says {parcel.digest[:80]}"
            )
        return unpack(archive, into, names, limits)


def _stream(api: Api, artifact_id: int, archive: Path, limits: Limits, why: Purpose) -> str:
    """Write the artifact's bytes to a file and return their SHA-256."""
    import requests

    url = api.url + api.path("actions", "artifacts", artifact_id, "zip")
    with requests.Session() as session:
        session.auth = _unchanged  # prevents the use of .netrc
        for _ in range(MAX_REDIRECTS):
            headers = {"Accept-Encoding": "identity"}  # the decoded size of an encoded answer is unknown
            if api.token and _origin(url) == _origin(api.url):
                headers["Authorization"] = f"Bearer {api.token}"
            with session.get(
                url, headers=headers, timeout=api.pace.timeout_s, allow_redirects=False, stream=True
            ) as answer:
                if answer.is_redirect:
                    url = _next_place(url, answer.headers["location"], why)
                    continue
                if answer.status_code != 200:
                    raise _refused(answer, api, why)
                if answer.headers.get("content-encoding", "identity") != "identity":
                    raise ArchiveError("the artifact comes in an encoding that was not asked for")
                return _save(answer, archive, limits)
    raise UnavailableError(why.doing, detail="redirected too often")


def _save(answer: "Response", archive: Path, limits: Limits) -> str:
    digest, size = hashlib.sha256(), 0
    with archive.open("wb") as sink:
        for chunk in answer.iter_content(CHUNK):
            size += len(chunk)
            if size > limits.packed_bytes:
                raise ArchiveError(f"the artifact sends more than {limits.packed_bytes:,} bytes")
            digest.update(chunk)
            sink.write(chunk)
    return digest.hexdigest()


def _next_place(url: str, location: str, why: Purpose) -> str:
    place = urljoin(url, location)
    if urlsplit(place).scheme not in ("https", urlsplit(url).scheme):
        raise UnavailableError(why.doing, detail="redirected to an unprotected address")
    return place


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port


def _refused(answer: "Response", api: Api, why: Purpose) -> ApiError:
    if _origin(answer.url) != _origin(api.url) and 400 <= answer.status_code < 500:
        # the address of the storage server is valid for a minute, so the API must be asked again
        return UnavailableError(why.doing, answer.status_code, "the store refuses its own address")
    words = next(answer.iter_content(2000), b"").decode("utf-8", "replace")
    headers = {name.lower(): value for name, value in answer.headers.items()}
    return explain(why.doing, FailedResponse(answer.status_code, words, headers, time.time()), why.permission)


def _unchanged(request: "PreparedRequest") -> "PreparedRequest":
    return request
