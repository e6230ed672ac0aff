"""Who earns more than 50k?"""

import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder

NUM = ["age", "hours"]
CAT = ["education"]
TRAIN, TEST = "data/train.csv", "data/test.csv"


def fit_model(X, y):
    pre = ColumnTransformer([("cat", OneHotEncoder(handle_unknown="ignore"), CAT), ("num", "passthrough", NUM)])
    return Pipeline([("pre", pre), ("lr", LogisticRegression(max_iter=1000))]).fit(X, y)


def evaluate(model, X, y):
    return roc_auc_score(y, model.predict_proba(X)[:, 1])


if __name__ == "__main__":
    train, test = pd.read_csv(TRAIN), pd.read_csv(TEST)
    X_train, y_train = train[NUM + CAT], train["income"]
    model = fit_model(X_train, y_train)
    print(evaluate(model, test[NUM + CAT], test["income"] == ">50K"))
