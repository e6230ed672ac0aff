"""Values of expressions that are known without running them."""

import ast
from pathlib import PurePosixPath

import pytest

from gatebot.discovery.constants import constants_of


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("'a'", "a"),
        ("A + B", ["x", "y", "z"]),
        ("A + unknown", None),
        ("self.columns", ["x"]),
        ("args.out_dir", "models"),
        ("args.rate", None),
        ("os.path.join(args.out_dir, 'm.pkl')", "models/m.pkl"),
        ("Path(args.out_dir) / 'm.pkl'", "models/m.pkl"),
    ],
)
def test_value(text: str, value: object) -> None:
    code = """
A = ["x", "y"]
B = ["z"]
class Model:
    columns = ["x"]
p.add_argument("-o", "--out-dir", default="models")
p.add_argument("--rate", default=0.1)
"""
    known = constants_of(ast.parse(code), {}, PurePosixPath("train.py"))
    assert known.value(ast.parse(text, mode="eval").body) == value
