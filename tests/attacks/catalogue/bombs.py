"""Files that are small as they lie there, and huge once they are opened by the trusted side."""

# ruff: noqa: E501 - payloads are easier to read on one line each
import gzip
import io
import zlib
from collections.abc import Callable

from tests.attacks import project
from tests.attacks.attack import Attack, Files
from tests.attacks.attack_setup import Outcome
from tests.attacks.bait import Bait

MOST_MB = 900
"""gatebot itself holds about 250 MB with all that it imports."""


def _small(outcome: Outcome) -> None:
    assert outcome.peak_mb < MOST_MB, f"gatebot held {outcome.peak_mb} MB\n{outcome}"


def _zeros(gigabytes: int) -> bytes:
    """A gzip file of so many zero bytes in lines, made without holding them."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    piece = (b"0,0,no,eval\n" * 90_000)[: 1 << 20]
    return b"".join(
        [
            packer.compress(b"id,x,label,fold\n"),
            *(packer.compress(piece) for _ in range(gigabytes << 10)),
            packer.flush(),
        ]
    )


def _data(name: str, content: Callable[[], bytes]) -> Callable[[Bait], Files]:
    def files(bait: Bait) -> Files:
        settings = {"data": {"path": f"data/{name}"}}
        return {"gatebot.yml": project.configuration(settings, bait.python), f"data/{name}": content()}

    return files


def _parquet() -> bytes:
    """A table of very many equal rows."""
    import polars as pl

    rows = 60_000_000
    frame = pl.DataFrame({"x": pl.zeros(rows, pl.Float64, eager=True)}).lazy()
    columns = [pl.lit(0).alias("id"), pl.lit("no").alias("label"), pl.lit("eval").alias("fold")]
    held = io.BytesIO()
    frame.with_columns(*columns).collect().write_parquet(held, compression="zstd")
    return held.getvalue()


def _leaving(code: str) -> Callable[[Bait], Files]:
    """A command whose predictions are a bomb."""

    def files(bait: Bait) -> Files:
        model = {
            "python": None,
            "train": "python3 run.py {train} {model}",
            "predict": "python3 run.py {rows} {predictions}",
        }
        return {"gatebot.yml": project.configuration({"model": model}, bait.python), "run.py": code}

    return files


GZIP = """\
import sys, zlib
packer = zlib.compressobj(9, zlib.DEFLATED, 31)
with open(sys.argv[2], "wb") as file:
    file.write(packer.compress(b"id,prediction\\n"))
    for _ in range(2048):
        file.write(packer.compress(b"t0001,no\\n" * 120000))
    file.write(packer.flush())
"""
SPARSE = """\
import os, sys
with open(sys.argv[2], "wb") as file:
    file.write(b"id,prediction\\n")
    file.truncate(9 << 30)
"""
WIDE = "import sys\nopen(sys.argv[2], 'w').write('id,prediction,' + ','.join('c%d' % at for at in range(3000000)) + '\\n')\n"
DEEP = "import sys\nopen(sys.argv[2], 'w').write('[' * 8000000)\n"

ATTACKS = (
    Attack(name="data in a gzip bomb", change=_data("rows.csv.gz", lambda: _zeros(3)), expect=_small, slow=True),
    Attack(
        name="data in bombs within a bomb",
        change=_data("rows.csv.gz", lambda: gzip.compress(_zeros(2))),
        expect=_small,
        slow=True,
    ),
    Attack(name="data in a Parquet bomb", change=_data("rows.parquet", _parquet), expect=_small, slow=True),
    *(
        Attack(name=f"predictions in a {name}", change=_leaving(code), expect=_small, slow=name != "sparse file")
        for name, code in {"gzip bomb": GZIP, "sparse file": SPARSE, "wide table": WIDE, "deep list": DEEP}.items()
    ),
)
