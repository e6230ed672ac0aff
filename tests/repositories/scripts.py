"""Shapes whose training is a script: with fixed paths or options, at module level, in a notebook, behind commands."""

import json

from tests.repositories.shape import Shape, customers, houses, measured

FIXED = '''\
"""Trains the churn model."""
import joblib
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

NUMERIC = ["age", "spend", "visits"]


def main():
    df = pd.read_csv("data/customers.csv")
    X = df.drop(columns=["customer_id", "churned"])
    y = df["churned"]
    X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.2, random_state=42)
    columns = ColumnTransformer([("numbers", StandardScaler(), NUMERIC), ("plan", OneHotEncoder(), ["plan"])])
    model = Pipeline([("columns", columns), ("model", LogisticRegression(C=1.0))])
    model.fit(X_train, y_train)
    print("accuracy", model.score(X_test, y_test))
    joblib.dump(model, "models/churn.pkl")


if __name__ == "__main__":
    main()
'''

OPTIONS = """\
import argparse
import os
import pickle

import pandas as pd
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler


def get_args():
    parser = argparse.ArgumentParser(description="Train the price model")
    parser.add_argument("--data_path", type=str, required=True)
    parser.add_argument("--output_dir", type=str, default="artifacts")
    parser.add_argument("--alpha", type=float, default=1.0)
    parser.add_argument("--verbose", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    args = get_args()
    df = pd.read_csv(args.data_path)
    X, y = df.drop("price", axis=1), df["price"]
    model = make_pipeline(StandardScaler(), Ridge(alpha=args.alpha))
    model.fit(X, y)
    os.makedirs(args.output_dir, exist_ok=True)
    with open(os.path.join(args.output_dir, "model.pkl"), "wb") as f:
        pickle.dump(model, f)
"""

CLICK = """\
import click
import joblib
import pandas as pd
from sklearn.ensemble import RandomForestRegressor


@click.group()
def cli():
    pass


@cli.command()
@click.option("--input-file", default="houses.csv")
@click.option("--model-file", default="model.joblib")
@click.option("--seed", default=0)
def train(input_file, model_file, seed):
    df = pd.read_csv(input_file)
    model = RandomForestRegressor(n_estimators=20, max_depth=8, random_state=seed)
    model.fit(df[["area", "rooms", "built"]], df["price"])
    joblib.dump(model, model_file)


@cli.command()
@click.argument("input_file")
@click.argument("output_file")
@click.option("--model-file", default="model.joblib")
def predict(input_file, output_file, model_file):
    df = pd.read_csv(input_file)
    df["prediction"] = joblib.load(model_file).predict(df[["area", "rooms", "built"]])
    df.to_csv(output_file, index=False)


if __name__ == "__main__":
    cli()
"""

MODULE_LEVEL = """\
import pandas as pd
from joblib import dump
from sklearn.tree import DecisionTreeClassifier

df = pd.read_csv("measurements.csv")
features = ["f0", "f1", "f2", "f3"]
X = df[features]
y = df["target"]

clf = DecisionTreeClassifier(max_depth=6, random_state=0)
clf.fit(X, y)
dump(clf, "clf.joblib")
"""

UNSAVED = """\
# Which measurements are positive?
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score
from sklearn.model_selection import train_test_split

df = pd.read_csv("measurements.csv")
X = df[["f0", "f1", "f2", "f3"]]
y = df["target"]
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=1)

logreg = LogisticRegression(C=1.0)
logreg.fit(X_train, y_train)
print("Accuracy:", accuracy_score(y_test, logreg.predict(X_test)))
"""


def notebook(*cells: str) -> str:
    """A notebook with these cells of code, below a heading."""
    shown = {"cell_type": "markdown", "metadata": {}, "source": ["# Analysis"]}
    code: list[dict[str, object]] = [
        {"cell_type": "code", "metadata": {}, "execution_count": None, "outputs": [], "source": cell.splitlines(True)}
        for cell in cells
    ]
    return json.dumps({"cells": [shown, *code], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}, indent=1)


CELLS = (
    "%matplotlib inline\nimport pandas as pd\nfrom sklearn.linear_model import LinearRegression\n",
    'df = pd.read_csv("data/houses.csv")\ndf.head()\n',
    'X = df[["area", "rooms", "built"]]\ny = df["price"]\n',
    "model = LinearRegression()\nmodel.fit(X, y)\nmodel.score(X, y)\n",
)

MAKE = """\
DATA ?= data/customers.csv
MODEL ?= build/model.json
IN ?= data/customers.csv
OUT ?= build/predictions.csv

.PHONY: train predict
train:
\tmkdir -p $(dir $(MODEL))
\tpython3 fit.py $(DATA) $(MODEL)

predict:
\tpython3 apply.py $(MODEL) $(IN) $(OUT)
"""
FIT = """\
import csv, json, sys

data, out = sys.argv[1:3]
rows = list(csv.DictReader(open(data)))
best = max(
    range(20, 160), key=lambda cut: sum((float(row["spend"]) < cut) == (row["churned"] == "yes") for row in rows)
)
json.dump({"cut": best}, open(out, "w"))
"""
APPLY = """\
import csv, json, sys

model, rows, out = sys.argv[1:4]
cut = json.load(open(model))["cut"]
with open(out, "w") as file:
    print("customer_id,prediction", file=file)
    for row in csv.DictReader(open(rows)):
        print(row["customer_id"], "yes" if float(row["spend"]) < cut else "no", sep=",", file=file)
"""

PARAMS = """\
data:
  path: data/customers.csv
  target: churned
train:
  C: 1.0
  max_iter: 300
"""
STAGES = """\
stages:
  featurize:
    cmd: python src/featurize.py
    deps: [src/featurize.py, data/customers.csv]
    outs: [data/features.csv]
  train:
    cmd: python src/train.py
    deps: [src/train.py, data/features.csv]
    params: [train]
    outs: [models/model.joblib]
"""
FEATURIZE = """\
import pandas as pd
import yaml

params = yaml.safe_load(open("params.yaml"))
df = pd.read_csv(params["data"]["path"])
df = df.drop(columns=["customer_id", "plan"])
df.to_csv("data/features.csv", index=False)
"""
STAGE = """\
import os

import joblib
import pandas as pd
import yaml
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

params = yaml.safe_load(open("params.yaml"))
df = pd.read_csv("data/features.csv")
X, y = df.drop(columns=[params["data"]["target"]]), df[params["data"]["target"]]
model = make_pipeline(StandardScaler(), LogisticRegression(**params["train"]))
model.fit(X, y)
os.makedirs("models", exist_ok=True)
joblib.dump(model, "models/model.joblib")
"""

LOOP = '''\
"""A small network, written out, with a checkpoint after each epoch."""
import os

import numpy as np
import pandas as pd

EPOCHS, BATCH, RATE = 12, 32, 0.3


class Net:
    def __init__(self, rng):
        self.w1, self.b1 = rng.normal(0, 0.5, (4, 8)), np.zeros(8)
        self.w2, self.b2 = rng.normal(0, 0.5, 8), 0.0

    def forward(self, x):
        self.h = np.tanh(x @ self.w1 + self.b1)
        return 1 / (1 + np.exp(-(self.h @ self.w2 + self.b2)))

    def step(self, x, y):
        p = self.forward(x)
        d = (p - y) / len(y)
        dh = np.outer(d, self.w2) * (1 - self.h**2)
        self.w2 -= RATE * self.h.T @ d
        self.b2 -= RATE * d.sum()
        self.w1 -= RATE * x.T @ dh
        self.b1 -= RATE * dh.sum(axis=0)
        return -np.mean(y * np.log(p + 1e-9) + (1 - y) * np.log(1 - p + 1e-9))


def main():
    df = pd.read_csv("data/measurements.csv")
    X, y = df[["f0", "f1", "f2", "f3"]].to_numpy(), df["target"].to_numpy()
    rng = np.random.default_rng(0)
    net = Net(rng)
    os.makedirs("checkpoints", exist_ok=True)
    for epoch in range(EPOCHS):
        order = rng.permutation(len(X))
        losses = [net.step(X[part], y[part]) for part in np.array_split(order, len(order) // BATCH)]
        print(f"epoch {epoch} loss {np.mean(losses):.4f}")
        np.savez(f"checkpoints/epoch_{epoch}.npz", w1=net.w1, b1=net.b1, w2=net.w2, b2=net.b2)
    np.savez("checkpoints/last.npz", w1=net.w1, b1=net.b1, w2=net.w2, b2=net.b2)


if __name__ == "__main__":
    main()
'''
LOADED = """\
import numpy as np
import pandas as pd

state = np.load("checkpoints/last.npz")
df = pd.read_csv("data/new.csv")
hidden = np.tanh(df[["f0", "f1", "f2", "f3"]].to_numpy() @ state["w1"] + state["b1"])
df["prediction"] = (hidden @ state["w2"] + state["b2"] > 0).astype(int)
df[["prediction"]].to_csv("predictions.csv", index=False)
"""

SHAPES = {
    "script with fixed paths": Shape(
        {"train.py": FIXED, "models/.gitkeep": ""},
        {"data/customers.csv": customers},
        harmless=("train.py", "C=1.0", "C=0.8"),
        code_bug=("train.py", 'NUMERIC = ["age", "spend", "visits"]', 'NUMERIC = ["age"]'),
        spoilt=("data/customers.csv", "spend"),
    ),
    "script with argparse": Shape(
        {"train.py": OPTIONS},
        {"data/houses.csv": houses},
        harmless=("train.py", "default=1.0", "default=0.9"),
        code_bug=("train.py", 'df.drop("price", axis=1)', 'df.drop("price", axis=1) * [0, 1, 1]'),
        spoilt=("data/houses.csv", "area"),
    ),
    "script with click": Shape(
        {"cli.py": CLICK},
        {"houses.csv": houses},
        harmless=("cli.py", "n_estimators=20", "n_estimators=24"),
        code_bug=("cli.py", "model.fit(df[", "model.fit(df.sample(frac=1)["),
        spoilt=("houses.csv", "area"),
        needs=("click",),
    ),
    "script at module level": Shape(
        {"train.py": MODULE_LEVEL},
        {"measurements.csv": measured},
        harmless=("train.py", "X = df[features]", "X = df[features].astype(float)"),
        code_bug=("train.py", "X = df[features]", "X = df[features].abs()"),
        spoilt=("measurements.csv", "f1"),
    ),
    "script that saves nothing": Shape(
        {"classify.py": UNSAVED},
        {"measurements.csv": measured},
        harmless=("classify.py", "C=1.0", "C=0.7"),
        code_bug=("classify.py", "fit(X_train, y_train)", "fit(X_train, y_train.sample(frac=1))"),
        spoilt=("measurements.csv", "f1"),
    ),
    "notebook": Shape(
        {"notebooks/prices.ipynb": notebook(*CELLS)},
        {"data/houses.csv": houses},
        harmless=("notebooks/prices.ipynb", "LinearRegression()", "LinearRegression(copy_X=True)"),
        code_bug=("notebooks/prices.ipynb", "model.fit(X, y)", "model.fit(X, y.sample(frac=1))"),
        spoilt=("data/houses.csv", "area"),
    ),
    "makefile": Shape(
        {"Makefile": MAKE, "fit.py": FIT, "apply.py": APPLY},
        {"data/customers.csv": customers},
        harmless=("fit.py", "range(20, 160)", "range(10, 170)"),
        code_bug=("apply.py", '"yes" if float', '"yes" if 2 * float'),
        spoilt=("data/customers.csv", "spend"),
    ),
    "stages with parameters": Shape(
        {"dvc.yaml": STAGES, "params.yaml": PARAMS, "src/featurize.py": FEATURIZE, "src/train.py": STAGE},
        {"data/customers.csv": customers},
        harmless=("params.yaml", "C: 1.0", "C: 0.9"),
        code_bug=("params.yaml", "C: 1.0", "C: 0.00001"),
        spoilt=("data/customers.csv", "spend"),
    ),
    "loop that writes checkpoints": Shape(
        {"train.py": LOOP, "predict.py": LOADED},
        {"data/measurements.csv": measured},
        harmless=("train.py", "RATE = 12, 32, 0.3", "RATE = 13, 32, 0.3"),
        code_bug=("train.py", "y[part]) for part", "y[part - 1]) for part"),
        spoilt=("data/measurements.csv", "f1"),
    ),
}
