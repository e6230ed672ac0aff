"""Secrets in every spelling that the log of a hostile program can give them."""

import base64
import html
import json
import shlex
from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatebot.core.redact import held, is_secret, redacted, redactor, secrets_of

SECRETS = {
    "token": "ghs_16C7e42F292c6912E7710c838347Ae178B4a",
    "password": "p@ss/W0rd+'\"\\ $x",
    "words": "correct horse battery staple",
    "short": "hunter22",
    "not ASCII": "pässwörd-Straße-42",
}


def in_base64(secret: str, before: bytes, after: bytes = b"", *, url: bool = False, padded: bool = True) -> str:
    encode = base64.urlsafe_b64encode if url else base64.b64encode
    text = encode(before + secret.encode() + after).decode()
    return text if padded else text.rstrip("=")


def hexadecimal(secret: str, between: str = "") -> str:
    return between.join(f"{byte:02x}" for byte in secret.encode())


SPELLINGS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "upper case": str.upper,
    "base64 at offset 0": lambda secret: in_base64(secret, b""),
    "base64 at offset 1": lambda secret: in_base64(secret, b"a", b"zz"),
    "base64 at offset 2": lambda secret: in_base64(secret, b"ab", b"z"),
    "base64 of the header of git": lambda secret: in_base64(secret, b"x-access-token:"),
    "base64 without padding": lambda secret: in_base64(secret, b"a", padded=False),
    "base64 for addresses": lambda secret: in_base64(secret, b"ab", url=True),
    "base64 over lines": lambda secret: "\n".join(in_base64(secret, b"")[at : at + 5] for at in range(0, 99, 5)),
    "URL": lambda secret: quote(secret, safe=""),
    "URL with slashes": quote,
    "URL as a form": quote_plus,
    "URL, each character": lambda secret: "%" + hexadecimal(secret, "%"),
    "URL, each character twice": lambda secret: "%25" + hexadecimal(secret, "%25"),
    "hex": hexadecimal,
    "hex in upper case": lambda secret: hexadecimal(secret).upper(),
    "hex with colons": lambda secret: hexadecimal(secret, ":"),
    "hex as a dump": lambda secret: hexadecimal(secret, " "),
    "hex as escapes": lambda secret: "\\x" + hexadecimal(secret, "\\x"),
    "hex as numbers": lambda secret: "0x" + hexadecimal(secret, ", 0x"),
    "reversed": lambda secret: secret[::-1],
    "JSON": json.dumps,
    "a representation": repr,
    "shell": shlex.quote,
    "HTML": html.escape,
    "HTML, each character": lambda secret: "".join(f"&#{byte};" for byte in secret.encode()),
    "octal numbers": lambda secret: "".join(f"\\0{byte:03o}" for byte in secret.encode()),
    "long escapes": lambda secret: "".join(f"\\U{byte:08x}" for byte in secret.encode()),
    "numbers": lambda secret: str(list(secret.encode())),
    "over lines": lambda secret: secret[:4] + "\n" + secret[4:],
    "a character a line": "\n".join,
    "spaced": " ".join,
    "dashed": "-".join,
    "dotted with no-break spaces": "\u00a0".join,
    "zero-width spaces": "\u200b".join,
    "a list of characters": lambda secret: str(list(secret)),
    "reversed and spaced": lambda secret: " ".join(secret[::-1]),
}


def letters(text: str) -> str:
    """What is left of a text without case and separators."""
    return "".join(char for char in text.lower() if char.isascii() and char.isalnum())


@pytest.mark.parametrize("secret", SECRETS.values(), ids=SECRETS)
@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_secret_is_masked_in_every_spelling(spelling: str, secret: str) -> None:
    spelled = SPELLINGS[spelling](secret)
    shown = redactor({"API_TOKEN": secret}).mask(f"before >{spelled}< after")
    assert shown.startswith("before >")
    assert shown.endswith("< after")
    assert "***" in shown
    left = letters(shown.removeprefix("before >").removesuffix("< after"))
    assert len(left) < 8, f"{left} is left of {letters(spelled)}"


@pytest.mark.parametrize(
    "name",
    [
        name
        for name in SPELLINGS
        if name.startswith(("plain", "base64 at", "hex", "reversed", "URL,", "JSON", "shell", "over", "a ", "dashed"))
        if name != "hex as numbers"  # in each of them one digit may be left out
    ],
)
def test_a_secret_of_few_letters_is_masked_too(name: str) -> None:
    shown = redactor({"DB_PASSWORD": "k9#!"}).mask(f"<{SPELLINGS[name]('k9#!')}>")
    assert "***" in shown


@given(st.text(min_size=8, max_size=60), st.text(max_size=200), st.text(max_size=200), st.sampled_from(list(SPELLINGS)))
@settings(max_examples=300, deadline=None)
def test_whatever_stands_around_it(secret: str, before: str, after: str, name: str) -> None:
    if len(letters(secret)) < 8 or len(secret.splitlines()) != 1:
        return
    try:
        spelled = SPELLINGS[name](secret)
    except UnicodeEncodeError:
        return
    if name in ("upper case", "reversed", "reversed and spaced") and not secret.isascii():
        return
    shown = redactor({"MY_SECRET": secret}).mask(f"{before}|{spelled}|{after}")
    assert letters(spelled) not in letters(shown)


@given(st.text(max_size=2000))
@settings(max_examples=200, deadline=None)
def test_a_text_without_secrets_stays_what_it_is(text: str) -> None:
    known = redactor({"MY_SECRET": "zq8vN3xT7w-no-such-word"})
    assert known.mask(text) == text
    assert known.mask(known.mask(text)) == text


def test_what_is_left_of_a_secret_at_the_ends_of_a_cut_text_is_masked() -> None:
    token = SECRETS["token"]
    for lost in (1, 3, 10, 20):
        assert redactor({"TOKEN": token}).mask(f"{token[lost:]} and more").lstrip("_") == "*** and more"
        assert redactor({"TOKEN": token}).mask(f"it was {token[:-lost]}").rstrip("_") == "it was ***"


def test_secrets_are_known_by_their_names_and_by_the_addresses_that_carry_them() -> None:
    environ = {
        "GITHUB_TOKEN": "ghs_token",
        "INPUT_TOKEN": "ghs_input",
        "MY_API_KEY": "line-one\nline-two",
        "GCP_CREDENTIALS": '{"key": "BEGIN\\nMIIEvAIBADAN\\nEND"}',
        "DB_PASSWORD": "hunter22",
        "PIP_INDEX_URL": "https://bob:s3cr%21t@pypi.example/simple",
        "LANG": "C.UTF-8",
        "MONKEY": "banana",
        "SHORT_KEY": "abc",
        "PWD": "/home/me/work",
        "EMPTY_TOKEN": "",
        "TOKENIZERS_PARALLELISM": "false",
        "ROLE": "role-value",
    }
    known = secrets_of(environ, ["ROLE"])
    assert {"ghs_token", "ghs_input", "line-one", "line-two", "hunter22", "s3cr%21t", "s3cr!t", "role-value"} <= known
    assert "MIIEvAIBADAN" in known
    assert not {"/home/me/work", "C.UTF-8", "banana", "abc", "", "false"} & known


ENVIRON = {
    "HOME": "/home/me",
    "PWD": "/home/me/project",
    "PATH": "/usr/bin:/bin",
    "USER": "octocat",
    "CI_PWD": "/home/me/project",
    "API_KEY": "hunter22",
    "DB_PWD": "octocat",
}


@pytest.mark.parametrize(
    ("names", "secrets"),
    [
        ((), {"hunter22", "octocat"}),
        (("HOME", "PATH", "PWD", "USER"), {"hunter22", "octocat"}),
        (("CI_PWD",), {"hunter22", "octocat"}),
    ],
)
def test_names_that_everybody_has_hold_no_secrets(names: tuple[str, ...], secrets: set[str]) -> None:
    assert secrets_of(ENVIRON, names) == secrets
    text = "/home/me/project/train.py, found with /usr/bin:/bin, asks hunter22"
    assert redactor(ENVIRON, names).mask(text) == text.replace("hunter22", "***")


@pytest.mark.parametrize(
    ("name", "value", "secret"),
    [
        ("HF_TOKEN", "x", True),
        ("PIP_INDEX_URL", "https://user:word@pypi.example", True),
        ("PIP_INDEX_URL", "https://pypi.example", False),
        ("HTTPS_PROXY", "http://user@proxy:1", True),
        ("LANG", "C", False),
        ("PWD", "/home/me/project", False),
        ("OLDPWD", "/home/me/project", False),
        ("DB_PWD", "hunter22", True),
        ("TOKENIZERS_PARALLELISM", "false", False),
        ("TOKENIZER_TOKEN", "hunter22", True),
        ("GPG_KEY", "E3FF2839C048B25C084DEBE9B26995E310250568", False),
        ("SIGNING_KEY", "E3FF2839C048B25C084DEBE9B26995E310250568", True),
    ],
)
def test_what_only_code_of_base_may_see(name: str, value: str, secret: bool) -> None:
    assert is_secret(name, value) is secret


def test_what_was_taken_out_of_the_environment_is_known_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_TOKEN", "in-the-environment")
    with held(["taken-out-of-it"]):
        assert redacted("in-the-environment taken-out-of-it") == "*** ***"
    assert redacted("in-the-environment taken-out-of-it") == "*** taken-out-of-it"


def test_values_of_json_are_masked_one_by_one() -> None:
    value = {"a": ["my hunter22", 1, None], "hunter22": {"at": datetime(2026, 1, 1, tzinfo=UTC).isoformat()}}
    assert redactor({"PASSWORD": "hunter22"}).redact_all(value) == {
        "a": ["my ***", 1, None],
        "***": {"at": "2026-01-01T00:00:00+00:00"},
    }
