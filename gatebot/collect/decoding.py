"""Decodes packed files and Parquet into plain bytes and tables, with a program in the sandbox."""

import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from gatebot.collect.bounded_read import UnreadableError
from gatebot.collect.program import Programs
from gatebot.data.packing import LARGEST, bad_parquet, broken, is_packed, several_files, too_large
from gatebot.sandbox import GIB, MIB, Ended, Limits

if TYPE_CHECKING:
    import polars as pl

PROGRAM = Path(__file__).with_name("decode.py")  # copied, not imported: it runs in the sandbox
ANSWER, PLAIN, TABLE = "answer.json", "plain", "table"
SECONDS = 600.0
MEMORY = 16 * GIB
ALWAYS = 256 * MIB  # a packed file may always unpack to this size
RATIO = 100  # and to this multiple of its packed size: genuine data rarely compresses better


@dataclass(frozen=True, slots=True)
class Decoding:
    """Decodes untrusted files.

    Attributes:
        programs: starts the program that decodes.
        most: the maximum number of unpacked bytes.
        rows: the maximum number of rows of a table.
    """

    programs: Programs
    most: int = LARGEST
    rows: int | None = None

    def __call__(self, data: bytes, name: str) -> "bytes | pl.DataFrame":
        """Return the content of a file: a table if it is Parquet, else bytes. Bytes that are not packed are unchanged.

        Raises:
            UsageError: the file cannot be decoded, or holds too much.
        """
        if not is_packed(data):
            return data
        most = min(self.most, max(ALWAYS, RATIO * len(data)))
        head = json.dumps({"most": most, "rows": self.rows}).encode()
        limits = Limits(seconds=SECONDS, memory_bytes=MEMORY, disk_bytes=2 * most + MIB)
        with self.programs.ran(PROGRAM, head + b"\n" + data, limits) as ran:
            if ran.completed.ended is Ended.DISK:
                raise too_large(name, most)
            if not ran.completed.ok:
                raise broken(
                    name, f"its decoder was ended ({ran.completed.ended}, exit code {ran.completed.exit_code})"
                )
            try:
                answer = json.loads(ran.read(ANSWER, MIB))
                match answer:
                    case {"problem": "large"}:
                        raise too_large(name, most)
                    case {"problem": "several", "inside": list(inside)}:
                        raise several_files(name, [_line(each) for each in inside])
                    case {"problem": "parquet", "why": why}:
                        raise bad_parquet(name, _line(why))
                    case {"problem": "packing", "why": why}:
                        raise broken(name, _line(why))
                    case {"kind": "table"}:
                        return table(ran.read(TABLE, 2 * most))
                    case _:
                        return ran.read(PLAIN, most)
            except (OSError, ValueError, RecursionError, UnreadableError) as error:
                raise broken(name, _line(error)) from error


def table(data: bytes) -> "pl.DataFrame":
    """Read a table that one of gatebot's programs wrote: an uncompressed Arrow file.

    Raises:
        ValueError: the bytes are not such a file.
    """
    import polars as pl

    try:
        return pl.read_ipc(io.BytesIO(data))
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        raise ValueError(_line(error)) from error


def _line(why: object) -> str:
    first = (str(why).strip().splitlines() or [""])[0][:300]
    return "".join(char if char.isprintable() else " " for char in first)
