"""Tells malignant tumours from benign ones by 30 measurements of their cells: bagged logistic regressions in numpy."""

import numpy as np
import pandas as pd

NOT_MEASURED = ["case", "size", "diagnosis"]
MEMBERS = 10
PENALTY = 1.0


def measurements(rows):
    """Shape [rows, 30]."""
    return rows.drop(columns=NOT_MEASURED, errors="ignore").to_numpy(dtype=float)


def train(rows, seed):
    values = measurements(rows)
    malignant = (rows["diagnosis"] == "malignant").to_numpy(dtype=float)
    center, scale = values.mean(axis=0), values.std(axis=0)
    draw = np.random.default_rng(seed)
    picks = draw.integers(len(values), size=(MEMBERS, len(values)))
    scaled = (values - center) / scale
    weights = np.stack([fitted(scaled[pick], malignant[pick]) for pick in picks])
    return {"center": center, "scale": scale, "weights": weights}


def predict(model, rows):
    scaled = (measurements(rows) - model["center"]) / model["scale"]
    malignant = probabilities(scaled, model["weights"].T).mean(axis=1)
    return pd.DataFrame({"benign": 1 - malignant, "malignant": malignant})


def fitted(values, target):
    """Weights and a constant of a ridge-penalised logistic regression, by Newton's method."""
    weights = np.zeros(values.shape[1] + 1)
    design = np.column_stack([values, np.ones(len(values))])
    penalty = PENALTY * np.append(np.ones(values.shape[1]), 0)
    for _ in range(15):
        said = 1 / (1 + np.exp(-design @ weights))
        slope = design.T @ (target - said) - penalty * weights
        curvature = (design * (said * (1 - said))[:, None]).T @ design + np.diag(penalty)
        weights += np.linalg.solve(curvature, slope)
    return weights


def probabilities(values, weights):
    """Of being malignant, shape [rows, members]."""
    return 1 / (1 + np.exp(-(values @ weights[:-1] + weights[-1])))
