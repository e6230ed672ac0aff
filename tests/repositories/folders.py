"""Shapes that differ in where code and data lie, and in how many files they are."""

from tests.repositories.shape import Shape, customers, houses, measured, split_of, visits

SUBFOLDER = """\
import pandas as pd
import joblib
from sklearn.linear_model import LogisticRegression

df = pd.read_csv("../data/measurements.csv")
X, y = df[["f0", "f1", "f2", "f3"]], df["target"]
model = LogisticRegression(C=1.0)
model.fit(X, y)
joblib.dump(model, "model.joblib")
"""

RELATIVE = """\
import joblib
import pandas as pd
from sklearn.linear_model import LinearRegression

from .features import FEATURES
from .paths import DATA, MODEL


def main():
    df = pd.read_csv("data/houses.csv")
    model = LinearRegression()
    model.fit(df[FEATURES], df["price"])
    joblib.dump(model, "model.joblib")


if __name__ == "__main__":
    main()
"""

MAKE_DATASET = """\
import os

import pandas as pd


def main():
    df = pd.read_csv("data/raw/customers.csv")
    df = df[["age", "spend", "visits", "churned"]].dropna()
    os.makedirs("data/processed", exist_ok=True)
    df.to_csv("data/processed/customers.csv", index=False)


if __name__ == "__main__":
    main()
"""
TRAIN_MODEL = """\
import os

import joblib
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler


def main():
    df = pd.read_csv("data/processed/customers.csv")
    X = df.drop(columns=["churned"])
    y = df["churned"]
    model = make_pipeline(StandardScaler(), LogisticRegression(C=1.0))
    model.fit(X, y)
    os.makedirs("models", exist_ok=True)
    joblib.dump(model, "models/model.pkl")


if __name__ == "__main__":
    main()
"""

PRICE = """\
import joblib
import pandas as pd
from sklearn.linear_model import Ridge

df = pd.read_csv("data/houses.csv")
model = Ridge(alpha=1.0)
model.fit(df[["area", "rooms", "built"]], df["price"])
joblib.dump(model, "price.pkl")
"""
CHURN = """\
import joblib
import pandas as pd
from sklearn.tree import DecisionTreeClassifier

df = pd.read_csv("data/customers.csv")
model = DecisionTreeClassifier(max_depth=5, random_state=0)
model.fit(df[["age", "spend", "visits"]], df["churned"])
joblib.dump(model, "churn.pkl")
"""

SETTINGS = """\
seed: 3
model:
  C: 1.0
features: [f0, f1, f2, f3]
target: target
"""
BY_SETTINGS = """\
import yaml
import pandas as pd
from sklearn.linear_model import LogisticRegression


def train(df, config):
    model = LogisticRegression(C=config["model"]["C"])
    return model.fit(df[config["features"]], df[config["target"]])


def predict(model, df):
    return model.predict(df[list(model.feature_names_in_)])


if __name__ == "__main__":
    with open("config.yaml") as file:
        print(train(pd.read_csv("data.csv"), yaml.safe_load(file)))
"""

JOINED = """\
import joblib
import pandas as pd
from sklearn.tree import DecisionTreeRegressor


def main():
    customers = pd.read_csv("data/customers.csv")
    logins = pd.read_csv("data/logins.csv").groupby("customer_id")["minutes"].sum().reset_index()
    df = customers.merge(logins, on="customer_id", how="left")
    model = DecisionTreeRegressor(max_depth=7, random_state=0)
    model.fit(df[["age", "minutes"]], df["revenue"])
    joblib.dump(model, "model.joblib")


if __name__ == "__main__":
    main()
"""
JOINED_PREDICT = """\
import joblib
import pandas as pd

customers = pd.read_csv("data/new_customers.csv")
logins = pd.read_csv("data/logins.csv").groupby("customer_id")["minutes"].sum().reset_index()
df = customers.merge(logins, on="customer_id", how="left")
df["prediction"] = joblib.load("model.joblib").predict(df[["age", "minutes"]])
df.to_csv("predictions.csv", index=False)
"""

PAIR = """\
import pandas as pd
import joblib
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

train = pd.read_csv("data/train.csv")
test = pd.read_csv("data/test.csv")
X_train, y_train = train[["f0", "f1", "f2", "f3"]], train["target"]
X_test, y_test = test[["f0", "f1", "f2", "f3"]], test["target"]

scaler = StandardScaler()
X_train = scaler.fit_transform(X_train)
X_test = scaler.transform(X_test)
model = LogisticRegression(C=1.0)
model.fit(X_train, y_train)
print(model.score(X_test, y_test))
joblib.dump(model, "model.pkl")
joblib.dump(scaler, "scaler.pkl")
"""

SHAPES = {
    "train in a subfolder": Shape(
        {"training/train.py": SUBFOLDER},
        {"data/measurements.csv": measured},
        harmless=("training/train.py", "C=1.0", "C=0.9"),
        code_bug=("training/train.py", "model.fit(X, y)", "model.fit(X, 1 - y)"),
        spoilt=("data/measurements.csv", "f1"),
    ),
    "relative imports": Shape(
        {
            "pricing/__init__.py": "",
            "pricing/train.py": RELATIVE,
            "pricing/features.py": 'FEATURES = ["area", "rooms", "built"]\n',
            "pricing/paths.py": 'DATA = "data/houses.csv"\nMODEL = "model.joblib"\n',
        },
        {"data/houses.csv": houses},
        harmless=("pricing/features.py", '"area", "rooms", "built"', '"built", "rooms", "area"'),
        code_bug=("pricing/features.py", '"area", "rooms", "built"', '"rooms", "built"'),
        spoilt=("data/houses.csv", "area"),
    ),
    "cookiecutter data science": Shape(
        {
            "src/__init__.py": "",
            "src/data/__init__.py": "",
            "src/data/make_dataset.py": MAKE_DATASET,
            "src/models/__init__.py": "",
            "src/models/train_model.py": TRAIN_MODEL,
            "models/.gitkeep": "",
            "data/processed/.gitkeep": "",
            "Makefile": "data:\n\tpython src/data/make_dataset.py\n\ntrain: data\n\tpython src/models/train_model.py\n",
        },
        {"data/raw/customers.csv": customers},
        harmless=("src/models/train_model.py", "C=1.0", "C=0.9"),
        code_bug=("src/data/make_dataset.py", ".dropna()", ".dropna().query(\"churned == 'no' or spend > 90\")"),
        spoilt=("data/raw/customers.csv", "spend"),
    ),
    "two pipelines in one repository": Shape(
        {"train_price.py": PRICE, "train_churn.py": CHURN},
        {"data/houses.csv": houses, "data/customers.csv": customers},
        harmless=("train_churn.py", "max_depth=5", "max_depth=6"),
        code_bug=("train_churn.py", '"age", "spend", "visits"', '"age"'),
        spoilt=("data/customers.csv", "spend"),
        init=("--data", "data/customers.csv", "--train", "train_churn.py"),
    ),
    "monorepo": Shape(
        {
            "services/price/train.py": PRICE,
            "services/churn/train.py": CHURN,
            "services/churn/README.md": "# Churn\n",
            "lib/README.md": "# Shared\n",
        },
        {"services/price/data/houses.csv": houses, "services/churn/data/customers.csv": customers},
        harmless=("services/price/train.py", "alpha=1.0", "alpha=0.9"),
        code_bug=("services/price/train.py", '"area", "rooms", "built"', '"rooms"'),
        spoilt=("services/price/data/houses.csv", "area"),
        folder="services/price",
    ),
    "settings in a file": Shape(
        {"config.yaml": SETTINGS, "model.py": BY_SETTINGS},
        {"data.csv": measured},
        harmless=("config.yaml", "C: 1.0", "C: 0.9"),
        code_bug=("config.yaml", "f0, f1, f2, f3", "f0, f3"),
        spoilt=("data.csv", "f1"),
    ),
    "several tables that are joined": Shape(
        {"train.py": JOINED, "predict.py": JOINED_PREDICT},
        {"data/customers.csv": lambda draw: visits(draw)[0], "data/logins.csv": lambda draw: visits(draw)[1]},
        harmless=("train.py", "max_depth=7", "max_depth=8"),
        code_bug=("predict.py", '["minutes"].sum()', '["minutes"].count()'),
        spoilt=("data/logins.csv", "minutes"),
    ),
    "files to train and to test on, and steps beside the model": Shape(
        {"main.py": PAIR},
        {
            "data/train.csv": lambda draw: split_of(measured(draw), 0, 900),
            "data/test.csv": lambda draw: split_of(measured(draw), 900, 1200),
        },
        harmless=("main.py", "C=1.0", "C=0.9"),
        code_bug=("main.py", "model.fit(X_train, y_train)", "model.fit(X_train[:, ::-1], y_train)"),
        spoilt=("data/train.csv", "f1"),
    ),
}
