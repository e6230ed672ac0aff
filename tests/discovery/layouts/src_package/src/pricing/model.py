"""House prices."""

import pandas as pd
from sklearn.ensemble import GradientBoostingRegressor

from .features import build_features

TARGET = "price"


def train(df: pd.DataFrame, random_state: int = 0) -> GradientBoostingRegressor:
    model = GradientBoostingRegressor(n_estimators=60, random_state=random_state)
    model.fit(build_features(df), df[TARGET])
    return model


def predict(model: GradientBoostingRegressor, df: pd.DataFrame):
    return model.predict(build_features(df))
