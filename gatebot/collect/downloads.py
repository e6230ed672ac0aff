"""Lends installers a store of their downloads, so that environments share it and only new packages are fetched.

Only set-ups of base's files write to the store. What a pull request's set-up downloads goes to a copy of its own, which
is thrown away with it: nothing that it wrote reaches an environment of base, of main or of another pull request.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gatebot.collect import files
from gatebot.collect.cache import Cache
from gatebot.collect.growth import bytes_in
from gatebot.sandbox import scratch
from gatebot.sandbox.leftovers import remove

FOLDER = "packages"
OF_BASE = "base"
MOST_BYTES = 10 << 30
"""A store that has grown beyond this begins anew: no installer knows which of its files are still needed."""
_VARIABLES = {"PIP_CACHE_DIR": "pip", "UV_CACHE_DIR": "uv", "POETRY_CACHE_DIR": "poetry"}


def variables(store: Path | None) -> dict[str, str]:
    """Return the variables that tell installers where their downloads are.

    uv links its files into environments where the store and the environment lie on one file system.
    """
    return {} if store is None else {name: str(store / folder) for name, folder in _VARIABLES.items()}


@contextmanager
def lent(cache: Path, *, is_of_base: bool, private: bool) -> Iterator[Path | None]:
    """Yield a store for one set-up, which it may write to, or None.

    Args:
        cache: the folder for environments and fetched data.
        is_of_base: whether the set-up runs base's files; it then adds to the store. Otherwise it gets a copy.
        private: whether the set-up has credentials. What it downloads is then shared with nobody.

    Raises:
        MachineError: the store cannot be written.
    """
    stores = Cache(cache / FOLDER)
    if private:
        yield None
    elif is_of_base:
        with stores.extended(OF_BASE) as store:
            if bytes_in(store) > MOST_BYTES:
                remove(store)
                store.mkdir()
            yield store
    else:
        stores.root.mkdir(parents=True, exist_ok=True)
        with scratch(under=stores.root) as space:
            copy = space / "content"
            copy.mkdir()
            with stores.reading(OF_BASE) as store:
                if store is not None:  # never links: a file that head could change would be base's as well
                    files.copied(store, files.walked(store), copy, link=False, dated=True)
            yield copy
