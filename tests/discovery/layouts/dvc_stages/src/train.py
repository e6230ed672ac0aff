from pathlib import Path

import joblib
import pandas as pd
import yaml
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

params = yaml.safe_load(open("params.yaml"))


def main():
    df = pd.read_csv("data/prepared/train.csv")
    y = df.pop(params["data"]["target"])
    model = Pipeline([("scale", StandardScaler()), ("clf", LogisticRegression(C=params["train"]["C"], max_iter=400))])
    model.fit(df, y)
    Path("models").mkdir(exist_ok=True)
    joblib.dump(model, "models/model.joblib")


if __name__ == "__main__":
    main()
