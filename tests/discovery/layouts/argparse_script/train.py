"""Train the churn model.

python train.py --data data/churn.csv --out churn.joblib
"""

import argparse

import joblib
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import classification_report
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler


def parse_args():
    p = argparse.ArgumentParser()
    p.add_argument("--data", default="data/churn.csv")
    p.add_argument("--out", default="churn.joblib")
    p.add_argument("--seed", type=int, default=42)
    p.add_argument("--test-size", type=float, default=0.2)
    return p.parse_args()


def main():
    args = parse_args()
    df = pd.read_csv(args.data)
    X = df.drop(columns=["customer_id", "churned"])
    y = df["churned"]
    X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=args.test_size, random_state=args.seed)
    columns = make_column_transformer(
        (OneHotEncoder(handle_unknown="ignore"), ["plan"]), (StandardScaler(), ["tenure", "monthly"])
    )
    model = make_pipeline(columns, LogisticRegression(max_iter=500, random_state=args.seed))
    model.fit(X_train, y_train)
    print(classification_report(y_test, model.predict(X_test)))
    joblib.dump(model, args.out)


if __name__ == "__main__":
    main()
