"""Says how much heat a building takes in an hour: least squares on a few products, in numpy."""

import numpy as np

INSIDE = 19


def features(rows):
    """Shape [rows, 5]."""
    cold = np.maximum(0, INSIDE - rows["outside_c"].to_numpy(float)) * rows["area_m2"].to_numpy(float)
    night = ((rows["hour"] < 6) | (rows["hour"] > 21)).to_numpy(float)
    wind = rows["wind_ms"].to_numpy(float)
    return np.column_stack([np.ones(len(rows)), cold, cold * wind, cold * night, cold * wind * night])


def train(rows, seed):
    draw = np.random.default_rng(seed)
    pick = draw.integers(len(rows), size=len(rows))
    known, heat = features(rows)[pick], rows["heat_kwh"].to_numpy(float)[pick]
    return np.linalg.lstsq(known, heat, rcond=None)[0]


def predict(model, rows):
    return np.maximum(0, features(rows) @ model)
