import json

import joblib
import pandas as pd
import yaml
from sklearn.metrics import f1_score

params = yaml.safe_load(open("params.yaml"))


def main():
    df = pd.read_csv("data/prepared/test.csv")
    y = df.pop(params["data"]["target"])
    model = joblib.load("models/model.joblib")
    json.dump({"f1": f1_score(y, model.predict(df), average="macro")}, open("metrics.json", "w"))


if __name__ == "__main__":
    main()
