"""Unpacks a file or reads Parquet. This program runs in the sandbox and writes the decoded content to files.

The input is a line of JSON, `{most, rows}`, followed by the bytes of the file. The output is plain bytes, or a table as
an uncompressed Arrow file. Decoding stops as soon as the unpacked content exceeds `most` bytes.
"""

import bz2
import gzip
import io
import json
import lzma
import shutil
import sys
import zipfile
import zlib
from pathlib import Path
from typing import IO, Any

ANSWER, PLAIN = "answer.json", "plain"
PARQUET, ZSTD, ZIP = b"PAR1", b"\x28\xb5\x2f\xfd", b"PK\x03\x04"
OPENERS: tuple[tuple[bytes, Any], ...] = (
    (b"\x1f\x8b", gzip.GzipFile),
    (b"BZh", bz2.BZ2File),
    (b"\xfd7zXZ\x00", lzma.LZMAFile),
)
PIECE = 1 << 20


class TooLargeError(Exception):
    """The file holds more than is accepted."""


class SeveralFilesError(Exception):
    """The archive does not hold exactly one file."""


def main() -> None:
    """Decode the file that is named on the command line."""
    answer: dict[str, Any] = {"kind": "bytes"}
    with Path(sys.argv[1]).open("rb") as question:
        asked = json.loads(question.readline())
        start = question.tell()
        magic = question.read(6)
        question.seek(start)
        stage = "parquet" if magic.startswith(PARQUET) else "packing"
        try:
            if magic.startswith(PARQUET):
                answer = table(question, asked["rows"])
            else:
                unpacked(question, magic, asked["most"])
                with Path(PLAIN).open("rb") as plain:
                    if plain.read(4) == PARQUET:
                        stage = "parquet"
                        plain.seek(0)
                        answer = table(plain, asked["rows"])
        except TooLargeError:
            answer = {"problem": "large"}
        except SeveralFilesError as error:
            answer = {"problem": "several", "inside": error.args[0]}
        except (OSError, EOFError, ValueError, RuntimeError, zlib.error, lzma.LZMAError, zipfile.BadZipFile) as error:
            answer = {"problem": stage, "why": str(error)}
        except Exception as error:
            if not type(error).__module__.startswith("polars"):
                raise
            answer = {"problem": stage, "why": str(error)}
    Path(ANSWER).write_text(json.dumps(answer))


def unpacked(packed: IO[bytes], magic: bytes, most: int) -> None:
    """Write the unpacked content of a file."""
    with Path(PLAIN).open("wb") as out:
        stream: Any
        if magic.startswith(ZSTD):
            stream = io.BytesIO(zstd(packed.read()))
        elif magic.startswith(ZIP):
            stream = only_file(packed.read())
        else:
            opener = next((opener for start, opener in OPENERS if magic.startswith(start)), None)
            if opener is None:
                shutil.copyfileobj(packed, out)
                return
            stream = opener(packed) if opener is not gzip.GzipFile else gzip.GzipFile(fileobj=packed)
        size = 0
        while piece := stream.read(PIECE):
            size += len(piece)
            if size > most:
                raise TooLargeError
            out.write(piece)


def only_file(data: bytes) -> IO[bytes]:
    """Open the one file of a ZIP archive."""
    archive = zipfile.ZipFile(io.BytesIO(data))
    inside = [each for each in archive.namelist() if not each.endswith("/") and not each.startswith("__MACOSX/")]
    if len(inside) != 1:
        raise SeveralFilesError([each[:100] for each in inside[:4]])
    return archive.open(inside[0])


def zstd(data: bytes) -> bytes:
    """Unpack zstd with polars, because Python 3.11 has no zstd module. The sandbox limits its memory."""
    import polars as pl

    return "\n".join(pl.scan_lines(data).collect().to_series().to_list()).encode()


def table(file: IO[bytes], rows: int | None) -> dict[str, str]:
    """Read a Parquet file and write it as an Arrow file."""
    import polars as pl

    frame = pl.read_parquet(io.BytesIO(file.read()), n_rows=rows)
    frame.write_ipc(Path("table"), compression="uncompressed")
    return {"kind": "table"}


if __name__ == "__main__":
    main()
