"""Addresses are read one way or refused, and compared by whole segments."""

import pytest

from gatebot.core.address import BadAddressError, parse, parse_prefix, shown


@pytest.mark.parametrize(
    ("prefix", "inside", "outside"),
    [
        (
            "https://data.example.com/sets/",
            [
                "https://data.example.com/sets/a.csv",
                "HTTPS://DATA.example.com:443/sets/b/c.csv?v=2",
                "https://data.example.com./sets/a.csv",
                "https://data.example.com/%73ets/a.csv",
            ],
            [
                "http://data.example.com/sets/a.csv",
                "https://data.example.com/setsecret/a.csv",
                "https://data.example.com/sets",
                "https://data.example.com/SETS/a.csv",
                "https://data.example.com:8443/sets/a.csv",
                "https://data.example.com.evil.org/sets/a.csv",
                "https://evil.org/sets/a.csv",
            ],
        ),
        (
            "https://data.example.com/a.csv",
            ["https://data.example.com/a.csv"],
            [
                "https://data.example.com/a.csv?v=2",
                "https://data.example.com/a.csv/b.csv",
                "https://data.example.com/a.csv/",
                "https://data.example.com/a.csv.gz",
            ],
        ),
        ("https://h.org/a.csv?v=1", ["https://h.org/a.csv?v=1"], ["https://h.org/a.csv", "https://h.org/a.csv?v=2"]),
        ("https://h.org", ["https://h.org/a", "https://h.org/"], ["https://h.org:1/a", "https://h.org.evil/a"]),
        ("s3://bucket/d/", ["s3a://bucket/d/*.csv", "s3://bucket/d/1.csv"], ["s3://bucket/*.csv", "s3://bucket2/d/1"]),
        ("s3://bucket/d/*.csv", ["s3://bucket/d/*.csv"], ["s3://bucket/d/1.csv", "s3://bucket/d/?.csv"]),
        ("gs://b/", ["gcs://b/x.parquet"], ["s3://b/x.parquet"]),
        (
            "abfss://box@one.dfs.core.windows.net/",
            ["abfss://box@one.dfs.core.windows.net/x.csv"],
            ["abfss://box@two.dfs.core.windows.net/x.csv", "abfss://other@one.dfs.core.windows.net/x.csv"],
        ),
        ("http://[::1]:80/", ["http://[0:0::1]/a"], ["http://[::2]/a", "http://127.0.0.1/a"]),
    ],
)
def test_a_prefix_covers_whole_segments(prefix: str, inside: list[str], outside: list[str]) -> None:
    rule = parse_prefix(prefix)
    assert [each for each in inside if not rule.covers(parse(each))] == []
    assert [each for each in outside if rule.covers(parse(each))] == []


@pytest.mark.parametrize(
    "text",
    [
        "data/a.csv",
        "ftp://h/a.csv",
        "file:///etc/passwd",
        "https://user:word@h/a.csv",
        "https://h@evil.org/a.csv",
        "https://h\\@evil.org/a.csv",
        "https://h/../a.csv",
        "https://h/sets/./a.csv",
        "https://h/sets/%2e%2e/a.csv",
        "https://h/sets/%2E./a.csv",
        "https://h/sets/..%2fa.csv",
        "https://h/sets/%252e%252e/a.csv",
        "https://h/sets/%25252e%25252e%25252fa.csv",
        "https://h/sets/..;/a.csv",
        "https://h/sets/%5c../a.csv",
        "https://h/sets\\..\\a.csv",
        "https://h/sets//a.csv",
        "https://h//sets/a.csv",
        "https://h/a\n.csv",
        "https://h/a%0a.csv",
        "https://h/a%00.csv",
        "https://h/\u202ea.csv",
        "https://h/a.csv#x",
        "https://h:0/a.csv",
        "https://h:99999/a.csv",
        "https://h:/a.csv",
        "https://h:80:80/a.csv",
        "https:///a.csv",
        "https://[::1/a.csv",
        "https://[fe80::1%25eth0]/a.csv",
        "https://ex\u0430mple.org/a.csv",
        "https://h\uff0eorg/a.csv",
        " https://h/a.csv",
        "https://h /a.csv",
        "s3://bu*et/a.csv",
        "s3://user@bucket/a.csv",
        "s3://bucket:80/a.csv",
        "s3://bucket/d/../../other/a.csv",
        "abfss://a@b@c/x.csv",
        "https://h/" + "a" * 3000,
    ],
)
def test_what_can_be_read_in_two_ways_is_refused(text: str) -> None:
    with pytest.raises(BadAddressError):
        parse(text)


@pytest.mark.parametrize("text", ["s3://b/*/", "s3://b/d*/", "https://h/a/?x=1"])
def test_a_folder_is_written_out(text: str) -> None:
    with pytest.raises(BadAddressError, match="patterns nor a query"):
        parse_prefix(text)


@pytest.mark.parametrize(
    ("text", "fetched"),
    [
        ("HTTPS://Data.Example.com:443/a%20b.csv?sig=x&y=1", "https://data.example.com/a%20b.csv?sig=x&y=1"),
        ("http://h:8080/a/", "http://h:8080/a/"),
        ("http://[0:0::1]:81/a", "http://[::1]:81/a"),
        ("s3a://Bucket/d/*.csv", "s3://bucket/d/*.csv"),
        ("https://h", "https://h/"),
        ("s3://b/t?.csv", "s3://b/t?.csv"),
    ],
)
def test_what_is_fetched_is_what_was_compared(text: str, fetched: str) -> None:
    assert parse(text).text == fetched
    assert parse(fetched).text == fetched


def test_secrets_of_an_address_are_not_shown() -> None:
    assert shown("https://user:word@h/a.csv?sig=s") == "https://h/a.csv"
