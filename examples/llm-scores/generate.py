"""Makes data/questions.csv and scores.csv: 900 questions to an assistant and marks that a judge gave its answers.

It stands for a run of an evaluation, which takes a model and hours. Each question has a difficulty that it keeps; a
prompt moves the marks of some kinds of question; each run of the judge adds noise of its own.

    python generate.py                             both files, as main has them
    python generate.py --run 2 --shift code=-0.6   marks of another run, with another prompt
"""

import argparse
import csv
import random
from pathlib import Path

HERE = Path(__file__).parent
QUESTIONS = 900
TOPICS = {"code": 20, "travel": 25, "health": 20, "shopping": 20, "letters": 15}
ASKS = {
    "code": "why does this {x} loop never end", "travel": "two days in {x} with children, what should we see",
    "health": "how much {x} is too much in a week", "shopping": "which {x} lasts longest for a small kitchen",
    "letters": "write a friendly reminder to {x} about the invoice",
}
WORDS = {
    "code": ("python", "go", "rust", "sql"), "travel": ("porto", "gdansk", "kyoto", "quito"),
    "health": ("coffee", "running", "salt", "sun"), "shopping": ("kettle", "pan", "scale", "knife"),
    "letters": ("a client", "the landlord", "a friend", "the bakery"),
}


def questions():
    draw = random.Random(2718)
    for number in range(QUESTIONS):
        topic = draw.choices(list(TOPICS), list(TOPICS.values()))[0]
        yield f"Q{number:03d}", topic, draw.choice(("en", "de", "es")), ASKS[topic].format(x=draw.choice(WORDS[topic]))


def marks(run, shifts):
    draw = random.Random(3141)
    easy = [draw.gauss(0, 0.6) for _ in range(QUESTIONS)]
    judge = random.Random(run)
    for (question, topic, *_), ease in zip(questions(), easy):
        helpful = 4.0 + ease + shifts.get(topic, 0) + shifts.get("all", 0) + judge.gauss(0, 0.25)
        honest = 4.5 + 0.3 * ease + judge.gauss(0, 0.2)
        yield question, f"{min(5, max(1, helpful)):.2f}", f"{min(5, max(1, honest)):.2f}"


def write(path, names, rows):
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(names)
        writer.writerows(rows)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", type=int, default=1)
    parser.add_argument("--shift", action="append", default=[], metavar="TOPIC=POINTS")
    arguments = parser.parse_args()
    shifts = {topic: float(points) for topic, _, points in (each.partition("=") for each in arguments.shift)}
    write(HERE / "data" / "questions.csv", ("question", "topic", "language", "text"), questions())
    write(HERE / "scores.csv", ("question", "helpfulness", "honesty"), marks(arguments.run, shifts))
