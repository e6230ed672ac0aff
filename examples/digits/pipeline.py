"""Reads a handwritten digit from the grey values of its 8 x 8 pixels, 0 (paper) to 16 (ink)."""

import pandas as pd
from sklearn.ensemble import RandomForestClassifier

PIXELS = [f"p{row}{column}" for row in range(8) for column in range(8)]
INK = 16


def features(rows):
    """Ink as a share, shape [rows, 64]."""
    return rows[PIXELS].to_numpy() / INK


def train(rows, seed):
    model = RandomForestClassifier(n_estimators=60, random_state=seed)
    return model.fit(features(rows), rows["digit"])


def predict(model, rows):
    return pd.DataFrame(model.predict_proba(features(rows)), columns=model.classes_)
