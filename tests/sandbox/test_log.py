"""Output is kept in bounded memory and nothing of it can break anything."""

from hypothesis import given
from hypothesis import strategies as st

from gatebot.sandbox.log import LINE, LINES_PER_SECOND, Log

CHUNKS = st.lists(st.binary(max_size=300), max_size=20)


@given(chunks=CHUNKS, keep=st.integers(0, 500))
def test_the_tail_is_the_end_of_the_stream_however_it_came(chunks: list[bytes], keep: int) -> None:
    log = Log(keep)
    for chunk in chunks:
        log.write(chunk)
    whole = b"".join(chunks)
    assert log.length == len(whole)
    assert log.tail == whole[len(whole) - min(keep, len(whole)) :].decode(errors="replace")


@given(text=st.text(max_size=500), cuts=st.lists(st.integers(0, 2000), max_size=10))
def test_lines_come_whole_however_they_were_cut(text: str, cuts: list[int]) -> None:
    lines: list[str] = []
    log = Log(100, lines.append)
    data, at = text.encode(), 0
    for cut in [*sorted(cuts), len(data)]:
        log.write(data[at:cut] if cut > at else b"")
        at = max(at, cut)
    log.close()
    expected = data.decode().split("\n")
    if not expected[-1]:
        expected.pop()
    assert lines == [line.rstrip("\r") for line in expected]


def test_endless_lines_come_in_pieces() -> None:
    lines: list[str] = []
    log = Log(10, lines.append)
    for _ in range(100):
        log.write(b"x" * LINE)
    log.close()
    assert {len(line) for line in lines} == {LINE}


def test_a_flood_of_lines_is_not_passed_on() -> None:
    lines: list[str] = []
    log = Log(10, lines.append)
    for _ in range(100):
        log.write(b"\n" * 65536)
    assert len(lines) < 100 * LINES_PER_SECOND
    assert log.length == 100 * 65536
