"""Encodings: recognised where that is possible, said where it is not."""

import pytest

from gatebot.data.encoding import as_utf8
from gatebot.errors import UsageError

TEXT = "name,café\nJosé,5 €\n"


@pytest.mark.parametrize(
    ("data", "declared", "found"),
    [
        (TEXT.encode(), "auto", "utf-8"),
        (b"\xef\xbb\xbf" + TEXT.encode(), "auto", "utf-8"),
        (TEXT.encode("utf-16"), "auto", "utf-16-le"),
        (b"\xfe\xff" + TEXT.encode("utf-16-be"), "auto", "utf-16-be"),
        (TEXT.encode("utf-16-le"), "auto", "utf-16-le"),
        (TEXT.encode("utf-16-be"), "auto", "utf-16-be"),
        (TEXT.encode("cp1252"), "auto", "cp1252"),
        (TEXT.encode("iso8859-15"), "iso8859-15", "iso8859-15"),
        (b"\xef\xbb\xbf" + TEXT.encode(), "utf-8", "utf-8"),
    ],
)
def test_text_becomes_utf8(data: bytes, declared: str, found: str) -> None:
    assert as_utf8(data, "t.csv", declared) == (TEXT.encode(), found)


@pytest.mark.parametrize(
    ("data", "declared", "says"),
    [
        (b"a\ncaf\x81\n", "auto", "line 2 is not UTF-8 (byte 0x81)"),
        ("é\nü\nñ\n".encode() + b"\xe9\n", "auto", "line 4 is not UTF-8 (byte 0xe9)"),
        (b"a\ncaf\xe9\n", "utf-8", "line 2 is not UTF-8 (byte 0xe9)"),
        (b"a\nb\n\xff\n", "ascii", "line 3 is not ASCII (byte 0xff)"),
        (b"a\n\x00b", "auto", "line 2 holds a NUL byte"),
        (b"\x01\xe9\x02", "auto", "line 1 is not UTF-8"),
        (b"a\n\x00b", "cp1252", "line 2 holds a NUL character"),
        (b"\xff\xfea\x00\n\x00\x00\xd8", "auto", "UTF-16"),
    ],
)
def test_what_is_no_text(data: bytes, declared: str, says: str) -> None:
    with pytest.raises(UsageError) as caught:
        as_utf8(data, "t.csv", declared)
    assert says in caught.value.message
    assert caught.value.hint
