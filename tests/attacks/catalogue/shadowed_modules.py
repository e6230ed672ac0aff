"""Modules of gatebot's own processes, and those that Python imports by itself, stand in the checkout."""

from tests.attacks.attack import Attack, Files
from tests.attacks.bait import Bait

OURS = ("gatebot", "numpy", "sklearn", "pandas", "scipy", "polars", "requests", "github", "yaml", "jinja2", "pydantic")
LIBRARY = ("json", "warnings", "typing", "ctypes", "resource", "signal", "struct", "os", "site", "encodings", "codecs")
AT_START = ("sitecustomize", "usercustomize", "apport_python_hook")
SITES = ("", "lib/python3.11/site-packages/", ".local/lib/python3.11/site-packages/", "site-packages/")
LINEAR = {"checks": {"model.heuristic": True}}


def files(bait: Bait) -> Files:
    """A file for each name, and path files wherever a site could be looked for."""
    found = {f"{name}.py": bait.python_line(f"module-{name}") for name in (*OURS, *AT_START)}
    found |= {f"{site}evil.pth": f"import os; {bait.python_line('pth')}" for site in SITES}
    found |= {f"{site}sitecustomize.py": bait.python_line("site") for site in SITES if site}
    return dict(found)


def library(bait: Bait) -> Files:
    """Names of the standard library: they break user code too, but nothing of the gate's."""
    return {f"{name}.py": bait.python_line(f"module-{name}") for name in LIBRARY}


def packages(bait: Bait) -> Files:
    """Packages of the same names, with the very module that the reference model is."""
    found = {f"{name}/__init__.py": bait.python_line(f"package-{name}") for name in OURS}
    found |= {"gatebot/__init__.py": "", "gatebot/collect/__init__.py": ""}
    return {**found, "gatebot/collect/linear.py": bait.python_line("part-linear")}


ATTACKS = (
    Attack(name="shadowed modules", change=files),
    Attack(name="shadowed standard library", change=library, slow=True),
    Attack(name="shadowed modules of the reference model", change=files, settings=LINEAR),
    Attack(name="shadowed library of the reference model", change=library, settings=LINEAR, slow=True),
    Attack(name="shadowed packages of the reference model", change=packages, settings=LINEAR, slow=True),
)
