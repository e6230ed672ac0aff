"""Says how much fuel each leg takes: `leg,prediction`, in tonnes a day."""

import argparse
import csv
import json

import numpy as np

from features import matrix, read


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", required=True)
    parser.add_argument("--in", dest="rows", required=True)
    parser.add_argument("--out", required=True)
    arguments = parser.parse_args()
    with open(arguments.model, encoding="utf-8") as file:
        weights = np.array(json.load(file))
    rows = read(arguments.rows)
    fuel = np.exp(matrix(rows) @ weights)
    with open(arguments.out, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["leg", "prediction"])
        writer.writerows(zip([row["leg"] for row in rows], fuel.tolist()))


if __name__ == "__main__":
    main()
