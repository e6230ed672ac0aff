"""Tells what gatebot has made on this machine from what somebody else has put in its place."""

import hmac
import os
import secrets
import stat
from contextlib import suppress
from functools import cache
from hashlib import blake2b
from pathlib import Path

KEY_BYTES = 32


def seal(folder: Path, note: str) -> str:
    """A keyed digest of a folder's place, of all names, kinds, sizes and times in it, and of a note.

    The key lies with the user's own state: no commit, no archive and no code in the sandbox can make such a digest.
    Contents are not read: within the reach of user code nothing changes them and keeps all times.
    """
    hasher = blake2b(key=_key(), digest_size=16)
    hasher.update(repr((str(folder), note)).encode())
    queue = [str(folder)]
    while queue:
        place = queue.pop()
        with os.scandir(place) as entries:
            listed = sorted((entry.name, *_facts(entry)) for entry in entries)
        hasher.update(repr((place, listed)).encode("utf-8", "surrogateescape"))
        queue += [f"{place}/{name}" for name, kind, *_ in listed if kind == stat.S_IFDIR]
    return hasher.hexdigest()


@cache
def holds(folder: Path, note: str, said: str) -> bool:
    """Whether this is the seal of a folder as it is now, or has been before in this process."""
    return hmac.compare_digest(seal(folder, note), said)


def _facts(entry: "os.DirEntry[str]") -> tuple[int, int, int, str]:
    """Kind, size and time of change, and where a link leads. A folder's own size and time say nothing more."""
    status = entry.stat(follow_symlinks=False)
    kind = stat.S_IFMT(status.st_mode)
    if kind == stat.S_IFDIR:
        return kind, 0, 0, ""
    leads = os.readlink(entry.path) if kind == stat.S_IFLNK else ""  # noqa: PTH115
    return kind, status.st_size, status.st_mtime_ns, leads


@cache
def _key() -> bytes:
    """This user's key on this machine, made at the first use; one for this process alone where it cannot be kept."""
    home = os.environ.get("XDG_STATE_HOME") or os.path.expanduser("~/.local/state")  # noqa: PTH111
    path = Path(home) / "gatebot" / "seal.key"
    with suppress(OSError):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with suppress(FileExistsError):
            draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
            draft.touch(mode=0o600)
            draft.write_bytes(secrets.token_bytes(KEY_BYTES))
            try:
                os.link(draft, path)  # whole or not at all, and never in place of one that is there
            finally:
                draft.unlink()
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            status = os.fstat(descriptor)
            key = file.read(KEY_BYTES)
        if status.st_uid == os.geteuid() and not status.st_mode & 0o077 and len(key) == KEY_BYTES:
            return key
    return secrets.token_bytes(KEY_BYTES)
