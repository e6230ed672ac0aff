"""Below full, no user code beside a token."""

import pytest

from gatebot.errors import ExitCode, GateError
from gatebot.sandbox import Isolation, refuse_with_secrets, secrets_in


@pytest.mark.parametrize(
    ("name", "is_secret"),
    [
        ("GITHUB_TOKEN", True),
        ("GH_TOKEN", True),
        ("INPUT_TOKEN", True),
        ("INPUT_GITHUB-TOKEN", True),
        ("ACTIONS_RUNTIME_TOKEN", True),
        ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", True),
        ("AWS_ROLE", True),
        ("ACTIONS_ID_TOKEN_REQUEST_URL", False),
        ("GITHUB_SHA", False),
        ("INPUT_CONFIG", False),
        ("TOKENIZERS_PARALLELISM", False),
    ],
)
def test_what_is_a_secret(name: str, is_secret: bool) -> None:
    assert secrets_in({name: "x", "PATH": "/bin"}, also=["AWS_ROLE"]) == ([name] if is_secret else [])


def test_an_empty_token_is_none() -> None:
    assert secrets_in({"GITHUB_TOKEN": ""}) == []


@pytest.mark.parametrize("level", [Isolation.NONE, Isolation.PARTIAL])
def test_below_full_a_token_is_refused_by_name_and_never_by_value(level: Isolation) -> None:
    with pytest.raises(GateError, match="GITHUB_TOKEN") as caught:
        refuse_with_secrets({"GITHUB_TOKEN": "ghp_abc"}, level)
    assert caught.value.exit_code is ExitCode.COULD_NOT_JUDGE
    assert "env -u GITHUB_TOKEN" in caught.value.hint
    assert "ghp_abc" not in str(caught.value)


def test_at_full_a_token_may_be_there() -> None:
    refuse_with_secrets({"GITHUB_TOKEN": "ghp_abc"}, Isolation.FULL)
