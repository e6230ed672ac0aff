"""Path patterns read as git reads them."""

import pytest

from gatebot.decide.policy.paths import first_match


@pytest.mark.parametrize(
    ("patterns", "path", "matches"),
    [
        (["**"], "any/thing", True),
        (["src/**"], "src/a/b.py", True),
        (["src/**"], "lib/src.py", False),
        (["*.lock"], "deep/uv.lock", True),
        (["data/"], "data/x.csv", True),
        ([], "x", False),
    ],
)
def test_first_match(patterns: list[str], path: str, matches: bool) -> None:
    assert first_match(patterns, [path]) == (path if matches else None)
