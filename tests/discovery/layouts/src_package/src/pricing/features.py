import numpy as np
import pandas as pd


def build_features(df: pd.DataFrame) -> pd.DataFrame:
    out = pd.DataFrame(index=df.index)
    out["log_area"] = np.log(df["area"])
    out["rooms"] = df["rooms"]
    out["age"] = 2026 - df["built"]
    return out
