"""Shapes that differ in their data: its format, its target, its time, and models in files of their own."""

from tests.repositories.shape import Shape, customers, demand, houses, measured

FUNCTIONS = """\
import pandas as pd
from sklearn.linear_model import LogisticRegression

COLUMNS = ["f0", "f1", "f2", "f3"]


def load(path="{path}"):
    return pd.{reader}


def fit_model(X, y):
    return LogisticRegression(C=1.0).fit(X[COLUMNS], y)


def predict(model, X):
    return model.predict(X[COLUMNS])


if __name__ == "__main__":
    df = load()
    y = df["target"]
    print(fit_model(df, y))
"""

PACKED = """\
import pandas as pd
import joblib
from sklearn.linear_model import Ridge

df = pd.read_csv("{path}"{more})
X = df[["area", "rooms", "built"]]
y = df["price"]
reg = Ridge(alpha=1.0)
reg.fit(X, y)
joblib.dump(reg, "reg.joblib")
"""

MAPPED = """\
import pandas as pd
import joblib
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split

df = pd.read_csv("customers.csv")
df["label"] = df["churned"].map({"yes": 1, "no": 0})
X = df[["age", "spend", "visits"]]
y = df["label"]
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
model = LogisticRegression(C=1.0, max_iter=300)
model.fit(X_train, y_train)
joblib.dump(model, "model.pkl")
"""

FORECAST = """\
import numpy as np
import pandas as pd
from sklearn.linear_model import LinearRegression


def features(df):
    day = pd.to_datetime(df["date"])
    weekday = pd.get_dummies(day.dt.dayofweek).reindex(columns=range(7), fill_value=0).to_numpy(float)
    return np.column_stack([weekday, df["promo"], df["temperature"]])


def fit(df):
    return LinearRegression().fit(features(df), df["demand"])


def predict(model, df):
    return model.predict(features(df))


if __name__ == "__main__":
    df = pd.read_csv("data/demand.csv")
    print(fit(df).coef_)
"""

BOOSTER = '''\
"""Gradient boosting of stumps, with a model file of its own."""
import json

import numpy as np


class Booster:
    def __init__(self, rounds=25, rate=0.4):
        self.rounds, self.rate = rounds, rate

    def boost(self, X, y):
        self.base, self.stumps = float(np.mean(y)), []
        left = y - self.base
        for _ in range(self.rounds):
            best = None
            for column in range(X.shape[1]):
                for cut in np.quantile(X[:, column], [0.1, 0.3, 0.5, 0.7, 0.9]):
                    low = X[:, column] <= cut
                    a, b = left[low].mean(), left[~low].mean()
                    error = ((left - np.where(low, a, b)) ** 2).sum()
                    if best is None or error < best[0]:
                        best = error, column, float(cut), float(a), float(b)
            _, column, cut, a, b = best
            self.stumps.append((column, cut, a, b))
            left = left - self.rate * np.where(X[:, column] <= cut, a, b)

    def values(self, X):
        return self.base + sum(self.rate * np.where(X[:, c] <= cut, a, b) for c, cut, a, b in self.stumps)

    def save_model(self, path):
        with open(path, "w") as file:
            json.dump({"base": self.base, "rate": self.rate, "stumps": self.stumps}, file)

    @classmethod
    def load_model(cls, path):
        model = cls()
        with open(path) as file:
            vars(model).update(json.load(file))
        return model
'''
BOOST = """\
import os

import pandas as pd

from booster import Booster

FEATURES = ["area", "rooms", "built"]


def main():
    df = pd.read_csv("data/houses.csv")
    booster = Booster(rounds=25)
    booster.boost(df[FEATURES].to_numpy(float), df["price"].to_numpy(float))
    os.makedirs("models", exist_ok=True)
    booster.save_model("models/booster.json")


if __name__ == "__main__":
    main()
"""
BOOSTED = """\
import pandas as pd

from booster import Booster

df = pd.read_csv("data/new_houses.csv")
booster = Booster.load_model("models/booster.json")
df["prediction"] = booster.values(df[["area", "rooms", "built"]].to_numpy(float))
df.to_csv("output/predictions.csv", index=False)
"""

TRAIN_SH = """\
#!/bin/sh
# usage: train.sh DATA MODEL
# The mean price of houses of like area.
set -eu
awk -F, 'NR > 1 { key = int($1 / 20); sum[key] += $4; count[key]++ }
  END { for (n in sum) print n "," sum[n] / count[n] }' "$1" > "$2"
"""
PREDICT_SH = """\
#!/bin/sh
# usage: predict.sh MODEL INPUT OUTPUT
set -eu
awk -F, 'NR == FNR { mean[$1] = $2; next } FNR == 1 { print "prediction"; next } { print mean[int($1 / 20)] + 0 }' \\
  "$1" "$2" > "$3"
"""

COMPETITION = """\
import pandas as pd
from sklearn.linear_model import LogisticRegression

train = pd.read_csv("input/train.csv")
test = pd.read_csv("input/test.csv")
features = ["age", "spend", "visits"]

y = train["churned"]
model = LogisticRegression(C=1.0, max_iter=300)
model.fit(train[features], y)

sub = pd.DataFrame({"customer_id": test["customer_id"], "churned": model.predict(test[features])})
sub.to_csv("submission.csv", index=False)
"""


def _functions(path: str, reader: str) -> Shape:
    return Shape(
        {"model.py": FUNCTIONS.format(path=path, reader=reader)},
        {path: measured},
        harmless=("model.py", "C=1.0", "C=0.9"),
        code_bug=("model.py", '"f0", "f1", "f2", "f3"', '"f0", "f3"'),
        spoilt=(path, "f1"),
    )


def _packed(path: str, more: str = "") -> Shape:
    return Shape(
        {"train.py": PACKED.format(path=path, more=more)},
        {path: houses},
        harmless=("train.py", "alpha=1.0", "alpha=0.9"),
        code_bug=("train.py", "reg.fit(X, y)", "reg.fit(X, y.sample(frac=1))"),
        spoilt=(path, "area"),
    )


SHAPES = {
    "parquet": _functions("data/measured.parquet", "read_parquet(path)"),
    "JSON lines": _functions("data/measured.jsonl", "read_json(path, lines=True)"),
    "gz": _packed("data/houses.csv.gz"),
    "tab-separated": _packed("data/houses.tsv", r', sep="\t"'),
    "derived target": Shape(
        {"train.py": MAPPED},
        {"customers.csv": customers},
        harmless=("train.py", "C=1.0", "C=0.9"),
        code_bug=("train.py", '{"yes": 1, "no": 0}', '{"yes": 0, "no": 1}'),
        spoilt=("customers.csv", "spend"),
    ),
    "time series": Shape(
        {"forecast.py": FORECAST},
        {"data/demand.csv": demand},
        harmless=("forecast.py", "LinearRegression()", "LinearRegression(copy_X=False)"),
        code_bug=("forecast.py", "day.dt.dayofweek", "day.dt.dayofweek // 7"),
        spoilt=("data/demand.csv", "promo"),
    ),
    "gradient boosting with a model file of its own": Shape(
        {"train.py": BOOST, "booster.py": BOOSTER, "predict.py": BOOSTED, "output/.gitkeep": ""},
        {"data/houses.csv": houses},
        harmless=("train.py", "rounds=25", "rounds=27"),
        code_bug=("train.py", "rounds=25", "rounds=2"),
        spoilt=("data/houses.csv", "area"),
    ),
    "shell commands": Shape(
        {"train.sh": TRAIN_SH, "predict.sh": PREDICT_SH},
        {"data/houses.csv": houses},
        harmless=("train.sh", "set -eu", "set -e"),
        code_bug=("predict.sh", "mean[int($1 / 20)]", "mean[int($2 / 20)]"),
        spoilt=("data/houses.csv", "area"),
    ),
    "competition": Shape(
        {"solution.py": COMPETITION},
        {
            "input/train.csv": customers,
            "input/test.csv": lambda draw: customers(draw).drop("churned").head(100),
        },
        harmless=("solution.py", "C=1.0", "C=0.9"),
        code_bug=("solution.py", '"age", "spend", "visits"', '"age"'),
        spoilt=("input/train.csv", "spend"),
    ),
}
