"""One shape that public repositories have: its files, its data, and a harmless and two harmful changes to it."""

import gzip
import io
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np
import polars as pl

ROWS = 1200

Edit = tuple[str, str, str]
"""A file, a text that stands in it once, and what stands there after the change."""
Files = dict[str, str | bytes | None]
Table = Callable[[np.random.Generator], pl.DataFrame]


@dataclass(frozen=True, slots=True)
class Shape:
    """A repository that knows nothing of gatebot.

    Attributes:
        code: its files, besides the data.
        data: its data files: path -> table.
        harmless: a change after which the model is as good.
        code_bug: a change of the code that spoils the model.
        spoilt: the column whose values end up beside other rows in the data bug, and the file that has it.
        init: what the user says to `gatebot init` where it cannot be told: options.
        folder: the folder of gatebot.yml.
        needs: a module without which this repository cannot be trained.
    """

    code: Mapping[str, str]
    data: Mapping[str, Table]
    harmless: Edit
    code_bug: Edit
    spoilt: tuple[str, str]
    init: tuple[str, ...] = ()
    folder: str = "."
    needs: tuple[str, ...] = field(default=())

    def files(self) -> Files:
        """All files of main."""
        return {**self.code, **{path: written(self.table(path), path) for path in self.data}}

    def table(self, path: str) -> pl.DataFrame:
        """The table of a data file."""
        return self.data[path](np.random.default_rng(7))

    def changed(self, change: str) -> Files:
        """The files that a change writes: `harmless`, `code_bug` or `data_bug`."""
        if change == "data_bug":
            path, column = self.spoilt
            table = self.table(path)
            order = np.random.default_rng(1).permutation(len(table))
            return {path: written(table.with_columns(table[column][order]), path)}
        path, old, new = self.harmless if change == "harmless" else self.code_bug
        assert self.code[path].count(old) == 1, (path, old)
        return {path: self.code[path].replace(old, new)}


def written(table: pl.DataFrame, path: str) -> bytes:
    """A table as a file of the format that its name tells."""
    plain = path.removesuffix(".gz").removesuffix(".zip")
    buffer = io.BytesIO()
    if plain.endswith(".parquet"):
        table.write_parquet(buffer)
    elif plain.endswith(".jsonl"):
        table.write_ndjson(buffer)
    else:
        table.write_csv(buffer, separator="\t" if plain.endswith(".tsv") else ",")
    if path.endswith(".gz"):
        return gzip.compress(buffer.getvalue(), mtime=0)
    if path.endswith(".zip"):
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr(zipfile.ZipInfo(plain.rpartition("/")[2]), buffer.getvalue())
        return packed.getvalue()
    return buffer.getvalue()


def customers(draw: np.random.Generator) -> pl.DataFrame:
    """Customers, of whom about half leave: those who spend little."""
    age, spend, visits = draw.integers(18, 80, ROWS), draw.gamma(4, 20, ROWS).round(2), draw.poisson(4, ROWS)
    plan = draw.choice(["basic", "plus", "pro"], ROWS)
    stays = (spend - 75) / 12 + (visits - 4) / 4 + (plan == "pro") + draw.logistic(0, 0.6, ROWS)
    return pl.DataFrame(
        {
            "customer_id": [f"c{at:05d}" for at in range(ROWS)],
            "age": age,
            "plan": plan,
            "spend": spend,
            "visits": visits,
            "churned": np.where(stays > 0, "no", "yes"),
        }
    )


def houses(draw: np.random.Generator) -> pl.DataFrame:
    """Houses and their prices, which follow the area."""
    area, rooms, built = draw.integers(30, 220, ROWS), draw.integers(1, 8, ROWS), draw.integers(1900, 2025, ROWS)
    price = 1500 * area + 9000 * rooms + 200 * (built - 1900) + draw.normal(0, 9000, ROWS)
    return pl.DataFrame({"area": area, "rooms": rooms, "built": built, "price": price.round()})


def measured(draw: np.random.Generator) -> pl.DataFrame:
    """Numbers only, with a target of 0 and 1."""
    values = draw.normal(size=(ROWS, 4)).round(4)
    label = (2 * values[:, 0] - 3 * values[:, 1] + values[:, 2] + draw.logistic(0, 0.5, ROWS) > 0).astype(int)
    return pl.DataFrame({**{f"f{at}": values[:, at] for at in range(4)}, "target": label})


def mails(draw: np.random.Generator) -> pl.DataFrame:
    """Texts of three kinds."""
    own = {
        "billing": ["invoice", "charged", "refund", "money"],
        "bug": ["crash", "error", "screen", "broken"],
        "praise": ["great", "love", "thanks", "nice"],
    }
    common = ["the", "a", "my", "please", "app", "today", "it", "was"]
    label = draw.choice(list(own), ROWS)
    texts = [" ".join([*draw.choice(own[each], 2), *draw.choice(common, 6)]) for each in label]
    return pl.DataFrame({"text": texts, "label": label})


def visits(draw: np.random.Generator) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Customers with their revenue, which follows the minutes of their logins, and the logins."""
    ids = [f"c{at:05d}" for at in range(ROWS)]
    minutes = draw.gamma(2, 20, (ROWS, 3)).round(1)
    revenue = (2 * minutes.sum(axis=1) + draw.normal(0, 9, ROWS)).round(2)
    people = pl.DataFrame({"customer_id": ids, "age": draw.integers(18, 80, ROWS), "revenue": revenue})
    logins = pl.DataFrame({"customer_id": [each for each in ids for _ in range(3)], "minutes": minutes.ravel()})
    return people, logins


def demand(draw: np.random.Generator) -> pl.DataFrame:
    """The demand of each day, which follows the weekday, the temperature and promotions."""
    start = date(2021, 1, 1)
    days = [start + timedelta(days=at) for at in range(ROWS)]
    promo, temperature = draw.integers(0, 2, ROWS), draw.normal(15, 8, ROWS).round(1)
    weekday = np.array([40 * (day.weekday() > 4) for day in days])
    values = 100 + weekday + 60 * promo + 2 * temperature + draw.normal(0, 5, ROWS)
    return pl.DataFrame({"date": days, "promo": promo, "temperature": temperature, "demand": values.round(1)})


def split_of(table: pl.DataFrame, start: int, end: int) -> pl.DataFrame:
    """Some rows of a table."""
    return table[start:end]
