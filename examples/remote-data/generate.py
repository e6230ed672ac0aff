"""Makes extracts of heating readings as they lie in the bucket: `python generate.py FOLDER` writes all of them.

An extract has an hour of a building a row. Each later one holds the earlier rows and 300 more; the last one was made
by a job that took every tenth temperature for degrees Fahrenheit.
"""

import csv
import math
import random
import sys
from pathlib import Path

ROWS, MORE = 3000, 300
FIELDS = ("reading", "building", "outside_c", "wind_ms", "hour", "area_m2", "heat_kwh")
EXTRACTS = {"heating-2026-09.csv": ROWS, "heating-2026-10.csv": ROWS + MORE, "heating-2026-11.csv": ROWS + 2 * MORE}


def readings(count):
    draw = random.Random(1824)
    areas = [draw.uniform(80, 900) for _ in range(60)]
    for number in range(count):
        building, outside = draw.randrange(len(areas)), draw.gauss(6, 7)
        wind, hour = draw.weibullvariate(4, 1.8), draw.randrange(24)
        night = 0.7 if hour < 6 or hour > 21 else 1.0
        loss = max(0.0, 19 - outside) * (1 + 0.03 * wind) * night
        heat = areas[building] * loss * 0.0021 * math.exp(draw.gauss(0, 0.12))
        yield f"R{number:05d}", f"B{building:02d}", outside, wind, hour, areas[building], heat


def spelled(number, reading, *, broken):
    name, building, outside, wind, hour, area, heat = reading
    if broken and number % 10 == 0:
        outside = (outside - 32) / 1.8
    return name, building, f"{outside:.1f}", f"{wind:.1f}", hour, f"{area:.0f}", f"{heat:.3f}"


def write(folder):
    for name, count in EXTRACTS.items():
        broken = name == max(EXTRACTS)
        with (folder / name).open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(FIELDS)
            writer.writerows(spelled(at, each, broken=broken) for at, each in enumerate(readings(count)))


if __name__ == "__main__":
    write(Path(sys.argv[1]))
