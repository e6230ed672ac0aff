"""Detects whether a folder was made by gatebot on this machine, or replaced by someone else."""

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
    """Return a keyed digest of a folder's path, of the names, kinds, sizes and times in it, and of a note.

    The key is stored in the user's own state folder, so no commit, archive or code in the sandbox can compute such a
    digest. File contents are not read: nothing that user code can do changes them and keeps all times.
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
def holds(folder: Path, note: str, stored_seal: str) -> bool:
    """Return whether a seal matches the folder as it is now, or as it was earlier in this process."""
    return hmac.compare_digest(seal(folder, note), stored_seal)


def _facts(entry: "os.DirEntry[str]") -> tuple[int, int, int, str]:
    """Return the kind, size, modification time and link target of an entry. Folders have no size and time here."""
    status = entry.stat(follow_symlinks=False)
    kind = stat.S_IFMT(status.st_mode)
    if kind == stat.S_IFDIR:
        return kind, 0, 0, ""
    leads = os.readlink(entry.path) if kind == stat.S_IFLNK else ""  # noqa: PTH115
    return kind, status.st_size, status.st_mtime_ns, leads


@cache
def _key() -> bytes:
    """Return this user's key on this machine. It is made at first use. If it cannot be stored, it is temporary."""
    home = os.environ.get("XDG_STATE_HOME") or os.path.expanduser("~/.local/state")  # noqa: PTH111
    path = Path(home) / "gatebot" / "seal.key"
    with suppress(OSError):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with suppress(FileExistsError):
            draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
            draft.touch(mode=0o600)
            draft.write_bytes(secrets.token_bytes(KEY_BYTES))
            try:
                os.link(draft, path)  # atomic, and never replaces an existing key
            finally:
                draft.unlink()
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            status = os.fstat(descriptor)
            key = file.read(KEY_BYTES)
        if status.st_uid == os.geteuid() and not status.st_mode & 0o077 and len(key) == KEY_BYTES:
            return key
    return secrets.token_bytes(KEY_BYTES)
