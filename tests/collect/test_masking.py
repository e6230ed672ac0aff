import pytest

from gatebot.collect.masking import last_lines, secrets_of
from tests.collect.repository import document


def test_secrets_are_those_of_fetch_the_tokens_and_what_is_called_so() -> None:
    rules = document(data={"fetch": {"run": "true", "secrets": ["ROLE"]}}).rules
    environ = {
        "ROLE": "role-value",
        "GITHUB_TOKEN": "ghs_token",
        "MY_API_KEY": "line-one\nline-two",
        "DB_PASSWORD": "hunter22",
        "LANG": "C.UTF-8",
        "MONKEY": "banana",
        "SHORT_KEY": "abc",
        "EMPTY_TOKEN": "",
    }
    assert set(secrets_of(rules, environ)) == {"role-value", "ghs_token", "line-one", "line-two", "hunter22"}


def test_longer_secrets_are_masked_before_their_parts() -> None:
    rules = document().rules
    secrets = secrets_of(rules, {"A_TOKEN": "abcd", "B_TOKEN": "abcdefgh"})
    assert last_lines("x abcdefgh y abcd", 5, secrets) == ("x *** y ***",)


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
    assert last_lines(log, count, ()) == lines
