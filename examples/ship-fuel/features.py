"""Rows of legs as what a linear model of the logarithm of fuel can use."""

import csv
import math

import numpy as np

USUAL_WAVE = 1.5  # metres; about one report in twenty leaves it out
TYPES = ("bulk", "container", "tanker")


def read(path):
    """Rows of a CSV file as dicts."""
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def features(row):
    """Numbers of one leg."""
    speed, wind = float(row["speed_kn"]), float(row["wind_kn"])
    ahead = max(math.cos(math.radians(float(row["wind_deg"]))), -0.3)
    wave = float(row["wave_m"] or USUAL_WAVE)
    kind = [float(row["type"] == name) for name in TYPES]
    return [
        math.log(speed),
        math.log(speed) ** 2,
        math.log(float(row["displacement_t"])),
        float(row["hull_days"]) / 1000,
        wave**2 / 10,
        wind * ahead / 100,
        *kind,
    ]


def matrix(rows):
    """Shape [rows, features]."""
    return np.array([features(row) for row in rows])
