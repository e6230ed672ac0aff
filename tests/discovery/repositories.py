"""The layouts as git repositories, with data: written for nobody's gate, and none of them knows gatebot."""

import io
import random
import shutil
from collections.abc import Callable
from pathlib import Path

from tests.collect.repository import git

LAYOUTS = Path(__file__).parent / "layouts"
ROWS = 2400

Row = dict[str, object]


def _churn(draw: random.Random, at: int) -> Row:
    tenure, monthly = draw.randint(1, 72), round(draw.uniform(15, 110), 2)
    stays = tenure / 72 - monthly / 200 + draw.gauss(0, 0.2) > 0.1
    plan = draw.choice(["basic", "plus", "pro"])
    return {
        "customer_id": f"c{at:05d}",
        "plan": plan,
        "tenure": tenure,
        "monthly": monthly,
        "churned": "no" if stays else "yes",
    }


def _price(draw: random.Random, at: int) -> Row:
    area, rooms, built = draw.randint(30, 220), draw.randint(1, 7), draw.randint(1900, 2024)
    return {
        "area": area,
        "rooms": rooms,
        "built": built,
        "price": round(1500 * area + 9000 * rooms + draw.gauss(0, 9000)),
    }


def _iris(draw: random.Random, at: int) -> Row:
    kind = at % 3
    sizes = {
        f"{part}_{side}": round(1 + kind + draw.gauss(0, 0.4), 1)
        for part in ("sepal", "petal")
        for side in ("length", "width")
    }
    return {**sizes, "species": ["setosa", "versicolor", "virginica"][kind]}


def _wine(draw: random.Random, at: int) -> Row:
    acid, sugar, alcohol = draw.gauss(7, 1), draw.gauss(3, 1), draw.gauss(10, 1)
    return {
        "acidity": round(acid, 2),
        "quality_label": "good" if alcohol - acid / 3 + draw.gauss(0, 0.3) > 7.7 else "poor",
        "sugar": round(sugar, 2),
        "alcohol": round(alcohol, 2),
    }


def _loan(draw: random.Random, at: int) -> Row:
    income, debt, age = draw.randint(15, 120), draw.randint(0, 60), draw.randint(18, 80)
    return {
        "loan_id": 1000 + at,
        "income": income,
        "debt": debt,
        "age": age,
        "default": int(debt > income / 3 + draw.gauss(0, 3)),
    }


def _rental(draw: random.Random, at: int) -> Row:
    hour, temperature = at % 24, draw.gauss(15, 8)
    return {
        "station": draw.choice("abc"),
        "temperature": round(temperature, 1),
        "humidity": draw.randint(20, 99),
        "hour": hour,
        "rentals": max(0, round(10 * temperature + 3 * hour + draw.gauss(0, 9))),
    }


def _income(draw: random.Random, at: int) -> Row:
    age, hours = draw.randint(17, 80), round(draw.uniform(5, 80), 2)
    return {
        "age": age,
        "education": draw.choice(["school", "college", "phd"]),
        "hours": hours,
        "income": ">50K" if age + hours + draw.gauss(0, 9) > 90 else "<=50K",
    }


def _house(draw: random.Random, at: int) -> Row:
    area, quality, built = draw.randint(2000, 20000), draw.randint(1, 10), draw.randint(1900, 2010)
    known: object = "" if at % 40 == 0 else area
    return {
        "Id": at + 1,
        "LotArea": known,
        "OverallQual": quality,
        "YearBuilt": built,
        "SalePrice": 20000 * quality + 3 * area,
    }


def _mail(draw: random.Random, at: int) -> Row:
    label = draw.choice(["billing", "bug", "praise"])
    words = {
        "billing": "invoice charged money refund",
        "bug": "crash error screen broken",
        "praise": "great love thanks nice",
    }[label].split()
    return {
        "text": " ".join([*draw.choices(words, k=4), *draw.choices(["the", "a", "my", "please", "app", "today"], k=5)]),
        "label": label,
    }


def _car(draw: random.Random, at: int) -> Row:
    weight, power = draw.randint(700, 2400), draw.randint(50, 250)
    return {
        "mpg": round(60 - weight / 70 - power / 20 + draw.gauss(0, 1), 1),
        "weight": weight,
        "power": power,
        "origin": draw.choice(["usa", "europe", "japan"]),
    }


def _kind(draw: random.Random, at: int) -> Row:
    kind = draw.choice(["small", "medium", "large"])
    return {"kind": kind, "size": draw.randint(1, 9), "y": round(len(kind) * 3 + draw.gauss(0, 1), 3)}


def _fraud(draw: random.Random, at: int) -> Row:
    amount, hour, risk = round(draw.expovariate(0.01), 2), draw.randint(0, 23), round(draw.random(), 3)
    return {
        "id": f"tx{at}",
        "amount": amount,
        "hour": hour,
        "country_risk": risk,
        "is_fraud": int(amount * risk + draw.gauss(0, 10) > 90),
    }


def _seed(draw: random.Random, at: int) -> Row:
    return {
        "length": round(draw.gauss(5, 1), 2),
        "width": round(draw.gauss(3, 1), 2),
        "variety": draw.choice(["kama", "rosa"]),
    }


def _review(draw: random.Random, at: int) -> Row:
    good = draw.random() < 0.5
    return {"text": f"{'good' if good else 'bad'} film number {at}", "sentiment": "pos" if good else "neg"}


def _sensor(draw: random.Random, at: int) -> Row:
    return {f"s{number}": round(draw.gauss(0, 1), 6) for number in range(6)}


DATA: dict[str, dict[str, Callable[[random.Random, int], Row]]] = {
    "argparse_script": {"data/churn.csv": _churn},
    "src_package": {"data/houses.csv": _price},
    "main_guard": {"iris.csv": _iris},
    "dvc_stages": {"data/raw/wine.csv": _wine},
    "makefile": {"data/loans.csv": _loan},
    "parquet_data": {"data/rentals.parquet": _rental},
    "train_and_test": {"data/train.csv": _income, "data/test.csv": _income},
    "kaggle": {"input/train.csv": _house, "input/test.csv": _house, "input/sample_submission.csv": _house},
    "text_labels": {"data/mails.csv": _mail},
    "joblib_script": {"data/cars.csv": _car},
    "shell_pipeline": {"data/kinds.csv": _kind},
    "r_pipeline": {"data/sleep.csv": _kind},
    "notebook_only": {"data/penguins.csv": _iris},
    "entry_point": {"data/transactions.csv": _fraud},
    "remote_data": {},
    "two_scripts": {"data/seeds.csv": _seed},
    "outside_steps": {"data/reviews.csv": _review},
    "no_target": {"data/sensors.csv": _sensor},
}
DROPPED = {"input/test.csv": ("SalePrice",), "input/sample_submission.csv": ("LotArea", "OverallQual", "YearBuilt")}


def make(name: str, folder: Path, rows: int = ROWS) -> Path:
    """One layout as a git repository with one commit, below a folder."""
    root = folder / name.replace("_", "-")
    shutil.copytree(LAYOUTS / name, root)
    for path, row in DATA[name].items():
        draw = random.Random(path)  # noqa: S311  # a table, not a secret
        table = [row(draw, at) for at in range(rows)]
        table = [{key: value for key, value in each.items() if key not in DROPPED.get(path, ())} for each in table]
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(_parquet(table) if path.endswith(".parquet") else _csv(table))
    git(root, "init", "--quiet")
    git(root, "add", ".")
    git(root, "commit", "--quiet", "--message", "What there is")
    return root


def _csv(rows: list[Row]) -> bytes:
    import polars as pl

    return pl.DataFrame(rows).write_csv().encode() if all("" not in row.values() for row in rows) else _plain(rows)


def _plain(rows: list[Row]) -> bytes:
    lines = [",".join(rows[0]), *(",".join(map(str, row.values())) for row in rows)]
    return ("\n".join(lines) + "\n").encode()


def _parquet(rows: list[Row]) -> bytes:
    import polars as pl

    buffer = io.BytesIO()
    pl.DataFrame(rows).write_parquet(buffer)
    return buffer.getvalue()
