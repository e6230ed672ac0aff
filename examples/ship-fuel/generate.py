"""Makes data/legs.csv: a day at sea of one of 200 ships a row, and the fuel that it took. The same file every time.

Fuel follows the power that a hull needs: speed cubed times wetted size (displacement to the 2/3), more with growth on
the hull, with wind from ahead and with waves; an engine burns about 0.18 kg for a kWh, more far from its best load.
"""

import csv
import math
import random
from pathlib import Path

SHIPS, DAYS = 200, 20
TYPES = {"bulk": (60_000, 13.0), "container": (90_000, 18.0), "tanker": (110_000, 13.5)}
FIELDS = ("leg", "ship", "type", "speed_kn", "displacement_t", "draft_m", "wind_kn", "wind_deg", "wave_m", "hull_days", "fuel_t")


def legs(draw):
    for number in range(SHIPS):
        kind = draw.choice(sorted(TYPES))
        full, service = TYPES[kind]
        full *= draw.uniform(0.6, 1.4)
        hull = draw.gauss(1, 0.03)  # what no column says: the quality of this hull
        for day in range(DAYS):
            yield f"L{number:03d}{day:02d}", f"S{number:03d}", kind, *one_day(draw, full, service, hull)


def one_day(draw, full, service, hull):
    speed = max(6.0, draw.gauss(service, 1.6))
    displacement = full * draw.choice((0.55, 0.9, 1.0)) * draw.uniform(0.97, 1.03)
    draft = 13.5 * (displacement / 100_000) ** 0.4 * draw.gauss(1, 0.01)
    wind, angle = draw.weibullvariate(16, 2), draw.uniform(0, 180)
    wave = max(0.0, (wind / 12) ** 1.6 + draw.gauss(0, 0.3))
    days = draw.randrange(0, 900)
    calm = 0.0063 * displacement ** (2 / 3) * speed**3 / 1.9
    ahead = math.cos(math.radians(angle))
    power = calm * (1 + 0.00025 * days) * (1 + 0.012 * wave**2) * (1 + 0.004 * wind * max(ahead, -0.3)) * hull
    burnt = 0.18 * (1 + 0.25 * (speed / service - 0.95) ** 2)
    fuel = power * burnt * 24 / 1000 * draw.gauss(1, 0.04)
    reported = "" if draw.random() < 0.05 else f"{wave:.1f}"
    return f"{speed:.1f}", f"{displacement:.0f}", f"{draft:.1f}", f"{wind:.0f}", f"{angle:.0f}", reported, days, f"{fuel:.2f}"


if __name__ == "__main__":
    with (Path(__file__).parent / "data" / "legs.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(FIELDS)
        writer.writerows(legs(random.Random(1865)))
