import logging

import joblib
import pandas as pd

from pipeline.modeling import CATEGORICAL, NUMERIC, TARGET, build_model

logging.basicConfig(level=logging.INFO)


def main():
    df = pd.read_parquet("data/rentals.parquet")
    split = int(len(df) * 0.8)
    model = build_model()
    model.fit(df[CATEGORICAL + NUMERIC][:split], df[TARGET][:split])
    logging.info("r2 %.3f", model.score(df[CATEGORICAL + NUMERIC][split:], df[TARGET][split:]))
    joblib.dump(model, "model.joblib")


if __name__ == "__main__":
    main()
