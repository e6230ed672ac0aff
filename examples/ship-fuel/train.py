"""Fits a ridge regression of the logarithm of fuel, on a few draws of ships, and saves the weights as JSON."""

import argparse
import json

import numpy as np

from features import matrix, read

DRAWS = 5
PENALTY = 1e-3


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", required=True)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", required=True)
    arguments = parser.parse_args()
    rows = read(arguments.data)
    known, fuel = matrix(rows), np.log([float(row["fuel_t"]) for row in rows])
    ships = np.array([row["ship"] for row in rows])
    draw = np.random.default_rng(arguments.seed)
    weights = np.mean([fitted(known, fuel, ships, draw) for _ in range(DRAWS)], axis=0)
    with open(arguments.out, "w", encoding="utf-8") as file:
        json.dump(weights.tolist(), file)


def fitted(known, fuel, ships, draw):
    """Weights on ships drawn with replacement."""
    names = np.unique(ships)
    times = dict(zip(*np.unique(draw.choice(names, len(names)), return_counts=True)))
    weight = np.array([times.get(ship, 0) for ship in ships], dtype=float)[:, None]
    return np.linalg.solve(known.T @ (weight * known) + PENALTY * np.eye(known.shape[1]), known.T @ (weight[:, 0] * fuel))


if __name__ == "__main__":
    main()
