"""Shapes whose training is a function or a class, which a package or a module offers."""

from tests.repositories.shape import Shape, customers, houses, mails, measured

SRC_MODEL = """\
import pandas as pd
from sklearn.linear_model import LinearRegression

from .features import add_features


def train_model(df: pd.DataFrame, random_state: int = 0):
    data = add_features(df)
    model = LinearRegression()
    model.fit(data[["area", "rooms", "age"]], data["price"])
    return model


def predict(model, df: pd.DataFrame):
    return model.predict(add_features(df)[["area", "rooms", "age"]])
"""
SRC_FEATURES = """\
def add_features(df):
    df = df.copy()
    df["age"] = 2025 - df["built"]
    return df
"""
SRC_MAIN = """\
import joblib
import pandas as pd

from pricing.model import train_model


def main():
    joblib.dump(train_model(pd.read_csv("data/houses.csv")), "model.joblib")


if __name__ == "__main__":
    main()
"""

CLASS_PIPELINE = '''\
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler


class ChurnPipeline:
    """The whole pipeline."""

    numeric = ["age", "spend", "visits"]
    target = "churned"

    def __init__(self, C=1.0, random_state=0):
        columns = ColumnTransformer([("n", StandardScaler(), self.numeric), ("c", OneHotEncoder(), ["plan"])])
        self.pipeline = Pipeline([("columns", columns), ("clf", LogisticRegression(C=C, random_state=random_state))])

    def fit(self, df):
        self.pipeline.fit(df[self.numeric + ["plan"]], df[self.target])
        return self

    def predict_proba(self, df):
        return self.pipeline.predict_proba(df[self.numeric + ["plan"]])

    def predict(self, df):
        return self.pipeline.predict(df[self.numeric + ["plan"]])


if __name__ == "__main__":
    data = pd.read_csv("data/customers.csv")
    print(ChurnPipeline().fit(data).predict(data)[:5])
'''

OWN_CLASS = """\
import numpy as np
import pandas as pd


class NearestCentroid:
    def __init__(self, power=2):
        self.power = power

    def fit(self, X, y):
        X, y = np.asarray(X), np.asarray(y)
        self.labels = np.unique(y)
        self.centers = np.stack([X[y == label].mean(axis=0) for label in self.labels])

    def predict(self, X):
        far = (np.abs(np.asarray(X)[:, None] - self.centers) ** self.power).sum(axis=2)
        return self.labels[far.argmin(axis=1)]


if __name__ == "__main__":
    df = pd.read_csv("measurements.csv")
    X, y = df.drop(columns="target"), df["target"]
    model = NearestCentroid()
    model.fit(X, y)
    print((model.predict(X) == y).mean())
"""

TEXT = """\
import pandas as pd
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline


def build_pipeline():
    return Pipeline([("tfidf", TfidfVectorizer(lowercase=True)), ("clf", LogisticRegression(C=2.0))])


def main():
    data = pd.read_csv("data/mails.csv")
    pipe = build_pipeline()
    pipe.fit(data["text"], data["label"])
    print(pipe.score(data["text"], data["label"]))


if __name__ == "__main__":
    main()
"""

OTHER_NAMES = """\
from sklearn.linear_model import LogisticRegression

COLUMNS = ["f0", "f1", "f2", "f3"]


def train(df, seed):
    return LogisticRegression(C=1.0, random_state=seed).fit(df[COLUMNS], df["target"])


def predict(clf, df):
    return clf.predict(df[COLUMNS])
"""

BY_NUMBER = """\
import pandas as pd
from sklearn.model_selection import train_test_split
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import StandardScaler

dataset = pd.read_csv("Customers.csv")
X = dataset.iloc[:, [1, 3, 4]].values
y = dataset.iloc[:, -1].values
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.2, random_state=0)

sc = StandardScaler()
X_train = sc.fit_transform(X_train)
X_test = sc.transform(X_test)

classifier = KNeighborsClassifier(n_neighbors=15)
classifier.fit(X_train, y_train)
print((classifier.predict(X_test) == y_test).mean())
"""

PREPARED = """\
import joblib
import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression

FEATURES = ["spend_log", "visits", "is_pro"]


def load_data(path="data/customers.csv"):
    return pd.read_csv(path)


def preprocess(df):
    df = df.copy()
    df["spend_log"] = np.log1p(df["spend"])
    df["is_pro"] = (df["plan"] == "pro").astype(int)
    return df


def train_model(X_train, y_train):
    model = LogisticRegression(C=1.0, max_iter=300)
    model.fit(X_train, y_train)
    return model


def main():
    df = preprocess(load_data())
    X = df[FEATURES]
    y = df["churned"]
    model = train_model(X, y)
    joblib.dump(model, "model.joblib")


if __name__ == "__main__":
    main()
"""

SHAPES = {
    "functions for each step": Shape(
        {"train.py": PREPARED},
        {"data/customers.csv": customers},
        harmless=("train.py", "C=1.0", "C=0.9"),
        code_bug=("train.py", 'np.log1p(df["spend"])', 'np.log1p(df["age"])'),
        spoilt=("data/customers.csv", "spend"),
    ),
    "columns by number": Shape(
        {"knn.py": BY_NUMBER},
        {"Customers.csv": customers},
        harmless=("knn.py", "n_neighbors=15", "n_neighbors=17"),
        code_bug=("knn.py", "[1, 3, 4]", "[4, 3, 1]"),
        spoilt=("Customers.csv", "spend"),
    ),
    "package with src layout": Shape(
        {
            "src/pricing/__init__.py": "",
            "src/pricing/model.py": SRC_MODEL,
            "src/pricing/features.py": SRC_FEATURES,
            "scripts/run.py": SRC_MAIN,
            "pyproject.toml": "[tool.ruff]\nline-length = 100\n",
        },
        {"data/houses.csv": houses},
        harmless=("src/pricing/features.py", "2025 - ", "2026 - "),
        code_bug=("src/pricing/model.py", "data = add_features(df)", "data = add_features(df).head(3)"),
        spoilt=("data/houses.csv", "area"),
    ),
    "pipeline in a class": Shape(
        {"churn/__init__.py": "", "churn/pipeline.py": CLASS_PIPELINE},
        {"data/customers.csv": customers},
        harmless=("churn/pipeline.py", "C=1.0", "C=0.9"),
        code_bug=("churn/pipeline.py", 'numeric = ["age", "spend", "visits"]', 'numeric = ["age"]'),
        spoilt=("data/customers.csv", "spend"),
    ),
    "class with fit and predict": Shape(
        {"model.py": OWN_CLASS},
        {"measurements.csv": measured},
        harmless=("model.py", "np.unique(y)", "np.sort(np.unique(y))"),
        code_bug=("model.py", "far.argmin", "far.argmax"),
        spoilt=("measurements.csv", "f1"),
    ),
    "text": Shape(
        {"classifier.py": TEXT},
        {"data/mails.csv": mails},
        harmless=("classifier.py", "C=2.0", "C=1.9"),
        code_bug=("classifier.py", "lowercase=True", 'token_pattern="(?u)\\\\b[a-z]{1,3}\\\\b"'),
        spoilt=("data/mails.csv", "text"),
    ),
    "functions with other parameter names": Shape(
        {"pipeline.py": OTHER_NAMES},
        {"data.csv": measured},
        harmless=("pipeline.py", "C=1.0", "C=0.9"),
        code_bug=("pipeline.py", '"f0", "f1", "f2", "f3"', '"f0", "f3"'),
        spoilt=("data.csv", "f1"),
    ),
}
