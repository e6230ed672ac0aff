import pytest

from gatebot.collect.log_lines import last_lines
from gatebot.core.redact import redactor

NOTHING = redactor({})


def test_longer_secrets_are_masked_before_their_parts() -> None:
    assert last_lines("x abcd y abcdefgh", 5, redactor({"A_TOKEN": "abcd", "B_TOKEN": "abcdefgh"})) == ("x *** y ***",)


@pytest.mark.parametrize(
    "log",
    [
        "hunt\x1b[31mer22secret",
        "progress\rhunter22secret",
        "hunt\nprogress\rer22secret",
        "hunt\x1b]0;title\x07er22secret",
        "h\x00unter22secret",
    ],
)
def test_what_a_terminal_would_not_show_keeps_no_halves_apart(log: str) -> None:
    assert last_lines(log, 5, redactor({"PASSWORD": "hunter22secret"})) == ("***",)


@pytest.mark.parametrize(
    ("log", "count", "lines"),
    [
        ("a\nb\nc\n", 2, ("b", "c")),
        ("a\n", 0, ()),
        ("", 5, ()),
        ("\n\n", 5, ()),
        ("10%\r50%\r100%\ndone", 5, ("100%", "done")),
        ("\x1b[31mred\x1b[0m \x1b]0;title\x07plain\x00", 5, ("red plain",)),
        ("x" * 2000, 5, ("x" * 999 + "…",)),
        ("one\r\ntwo\r\n", 5, ("one", "two")),
    ],
)
def test_the_last_lines_as_a_terminal_would_show_them(log: str, count: int, lines: tuple[str, ...]) -> None:
    assert last_lines(log, count, NOTHING) == lines
