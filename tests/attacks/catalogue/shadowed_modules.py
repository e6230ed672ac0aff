"""Modules of gatebot's own processes, and those that Python imports by itself, stand in the checkout."""

from tests.attacks.attack import Attack, Files
from tests.attacks.bait import Bait

MODULES = (
    *("gatebot", "numpy", "sklearn", "pandas", "scipy", "polars", "json", "warnings", "typing", "ctypes", "resource"),
    *("encodings", "codecs", "site", "os", "struct", "signal", "time", "requests", "github", "yaml", "jinja2"),
)
AT_START = ("sitecustomize", "usercustomize")


def shadowing(bait: Bait) -> Files:
    """As files and as packages, at the root and where user sites and plugins are looked for."""
    files = {f"{name}.py": bait.python_line(f"module-{name}") for name in (*MODULES, *AT_START)}
    files |= {f"{name}/__init__.py": bait.python_line(f"package-{name}") for name in ("gatebot", "numpy", "sklearn")}
    files |= {f"gatebot/{name}.py": bait.python_line(f"part-{name}") for name in ("collect", "errors", "__main__")}
    for site in (".", "lib/python3.11/site-packages", ".local/lib/python3.11/site-packages", "site-packages"):
        files[f"{site}/evil.pth".removeprefix("./")] = f"import os; {bait.python_line('pth')}"
    files["gatebot/collect/linear.py"] = bait.python_line("part-linear")
    files["gatebot/collect/__init__.py"] = ""
    del files["gatebot.py"], files["numpy.py"], files["sklearn.py"], files["gatebot/collect.py"]
    return dict(files)


def _linear(name: str, **more: object) -> Attack:
    settings = {"checks": {"model.heuristic": True}}
    return Attack(name=name, change=shadowing, settings=settings, **more)  # type: ignore[arg-type]


ATTACKS = (
    Attack(name="shadowed modules", change=shadowing),
    _linear("shadowed modules of the reference model"),
)
