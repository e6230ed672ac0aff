"""Seeds random number generators, including those of libraries that are imported later."""

from __future__ import annotations

import importlib.abc
import importlib.util
import random
import sys
from typing import Any, Callable

SEEDERS: dict[str, Callable[[Any, int], Any]] = {
    "numpy": lambda numpy, seed: numpy.random.seed(seed % 2**32),
    "torch": lambda torch, seed: torch.manual_seed(seed),
    "tensorflow": lambda tensorflow, seed: tensorflow.random.set_seed(seed),
}


def sow(seed: int) -> None:
    """Seed libraries that are imported now, and others when they are imported, since importing them takes seconds."""
    random.seed(seed)
    sys.meta_path[:] = [finder for finder in sys.meta_path if not isinstance(finder, _OnImport)]
    for name, seeder in SEEDERS.items():
        if name in sys.modules:
            seeder(sys.modules[name], seed)
    sys.meta_path.insert(0, _OnImport(seed))


class _OnImport(importlib.abc.MetaPathFinder):
    """Finds a library with the other finders, and seeds it after it is loaded."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.looking = False

    def find_spec(self, fullname: str, *_: Any) -> Any:
        if fullname not in SEEDERS or self.looking:
            return None
        self.looking = True
        try:
            spec = importlib.util.find_spec(fullname)
        finally:
            self.looking = False
        if spec is not None and spec.loader is not None:
            spec.loader = _Seeding(spec.loader, fullname, self.seed)
        return spec


class _Seeding(importlib.abc.Loader):
    def __init__(self, loader: Any, name: str, seed: int) -> None:
        self.loader, self.name, self.seed = loader, name, seed

    def create_module(self, spec: Any) -> Any:
        return self.loader.create_module(spec)

    def exec_module(self, module: Any) -> None:
        module.__spec__.loader = module.__loader__ = self.loader
        self.loader.exec_module(module)
        SEEDERS[self.name](module, self.seed)
