import argparse

import joblib
import pandas as pd

from .model import make_features, new_classifier


def main():
    parser = argparse.ArgumentParser(prog="fraudster")
    sub = parser.add_subparsers(dest="command", required=True)
    fit = sub.add_parser("train")
    fit.add_argument("--train-data", required=True)
    fit.add_argument("--model-path", required=True)
    fit.add_argument("--random-state", type=int, default=0)
    ask = sub.add_parser("predict")
    ask.add_argument("--model-path", required=True)
    ask.add_argument("--input", required=True)
    ask.add_argument("--output", required=True)
    args = parser.parse_args()
    if args.command == "train":
        df = pd.read_csv(args.train_data)
        joblib.dump(new_classifier(args.random_state).fit(make_features(df), df["is_fraud"]), args.model_path)
    else:
        df = pd.read_csv(args.input)
        model = joblib.load(args.model_path)
        pd.DataFrame({"id": df["id"], "prediction": model.predict(make_features(df))}).to_csv(args.output, index=False)


if __name__ == "__main__":
    main()
