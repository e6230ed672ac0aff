"""What the options of a command mean."""

import pytest

from gatebot.discovery.code import Option
from gatebot.discovery.options import train_options

DATA = Option("data", "--data", required=False)


@pytest.mark.parametrize(
    ("option", "words"),
    [
        (Option("model", "--model", required=False), ("--data", "{train}", "--model", "{model}")),
        (Option("model", "--model", required=False, default="m.pkl"), ("--data", "{train}", "--model", "{model}")),
        (Option("model", "--model", required=False, default="models"), ("--data", "{train}", "--model", "{model}")),
        (
            Option("model-path", "--model-path", required=False, default="tree"),
            ("--data", "{train}", "--model-path", "{model}"),
        ),
        (Option("model", "--model", required=False, default="forest"), ("--data", "{train}")),
    ],
)
def test_train_options(option: Option, words: tuple[str, ...]) -> None:
    meant = train_options([DATA, option], "target")
    assert meant is not None
    assert meant.words == words


def test_a_kind_of_model_that_must_be_given_is_unknown() -> None:
    assert train_options([DATA, Option("model", "--model", required=True, default="forest")], "target") is None
