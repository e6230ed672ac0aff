from pathlib import Path

import pandas as pd
import yaml
from sklearn.model_selection import train_test_split

params = yaml.safe_load(open("params.yaml"))


def main():
    df = pd.read_csv(params["data"]["raw"]).dropna()
    train, test = train_test_split(df, test_size=0.2, random_state=params["train"]["seed"])
    out = Path("data/prepared")
    out.mkdir(parents=True, exist_ok=True)
    train.to_csv(out / "train.csv", index=False)
    test.to_csv(out / "test.csv", index=False)


if __name__ == "__main__":
    main()
