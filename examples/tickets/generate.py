"""Makes data/tickets.csv: 4,000 invented support tickets of 1,100 invented customers. The same file every time.

A ticket is a greeting, a few sentences and an ending. What it is about mostly stands in it, in one of many ways; some
tickets are vague, some touch another subject first, some are full of slips, and about one in thirty was filed wrongly.
"""

import csv
import random
from pathlib import Path

TICKETS, CUSTOMERS = 4000, 1100
FIELDS = ("ticket_id", "customer_id", "customer_email", "channel", "region", "text", "category")
CHANNELS = {"email": 46, "chat": 30, "form": 14, "phone": 10}
REGIONS = {"north": 30, "east": 25, "south": 25, "west": 20}
CATEGORIES = {"delivery": 26, "billing": 22, "returns": 18, "technical": 18, "account": 16}

GREETINGS = ("hello", "hi there", "good morning", "dear team", "hey", "good evening", "")
ENDINGS = ("thanks", "please help", "thank you in advance", "regards", "waiting for your answer", "this is urgent", "")
THINGS = ("kettle", "lamp", "headphones", "backpack", "keyboard", "blender", "jacket", "speaker", "desk", "camera")
FILLERS = (
    "i have been a customer for {n} years", "i tried to call you {n} times", "my order number is {order}",
    "it is about the {thing}", "i bought the {thing} as a present", "your colleague said it takes {n} days",
    "i already wrote about order {order}", "we are a small company and need the {thing}",
)
VAGUE = {
    "order {order} is a mess and nobody answers": ("delivery", "returns", "billing"),
    "something went wrong with my {thing}": ("delivery", "returns", "technical"),
    "i can not finish my order": ("technical", "account", "billing"),
    "it says an error and then nothing happens": ("technical", "account", "billing"),
    "i want to change something about order {order}": ("delivery", "billing", "account"),
    "the {thing} is not what i paid for": ("returns", "billing"),
}
SAYS = {
    "delivery": (
        "the {thing} has not arrived", "where is my parcel", "tracking has not moved for {n} days",
        "the courier left the {thing} at the wrong door", "it was promised for tuesday and is still on its way",
        "only half of order {order} came", "can you ship it to another address", "the package was delivered to a neighbour",
    ),
    "billing": (
        "i was charged twice", "the invoice shows the wrong amount", "my card was debited {n} times",
        "the voucher was not taken off the price", "i need a receipt with our tax number",
        "why is there a fee of {n} euros", "the payment for order {order} failed but the money is gone",
    ),
    "returns": (
        "i want to send the {thing} back", "the {thing} is broken", "it does not fit and i would like another size",
        "where do i find the return label", "when do i get my money back for the {thing}",
        "the {thing} has a scratch and i want a new one", "can i exchange the {thing}",
    ),
    "technical": (
        "the app crashes when i open the basket", "the page stays white after the update", "the {thing} does not pair",
        "search shows nothing at all", "the website is very slow on my phone", "error {order} appears on every page",
        "the firmware of the {thing} can not be updated",
    ),
    "account": (
        "i can not log in", "please delete my account", "how do i change my password", "my email address has changed",
        "someone else uses my account", "the code for signing in never comes", "i do not want the newsletter any more",
    ),
}


def tickets(draw):
    customers = [customer(draw, number) for number in range(CUSTOMERS)]
    busy = [draw.paretovariate(1.3) for _ in customers]
    for number in range(TICKETS):
        who = min(draw.choices(customers, busy)[0], draw.choice(customers), key=lambda _: draw.random())
        category, channel = one_of(draw, CATEGORIES), one_of(draw, CHANNELS)
        text = written(draw, category, channel)
        if draw.random() < 0.03:
            category = one_of(draw, CATEGORIES)
        yield f"T{number:05d}", who[0], who[1], channel, who[2], text, category


def customer(draw, number):
    name = "".join(draw.choice(("ka", "lo", "mi", "ren", "sta", "vo", "el", "ju", "bri", "na")) for _ in range(3))
    return f"C{number:04d}", f"{name}{draw.randrange(100)}@example.org", one_of(draw, REGIONS)


def written(draw, category, channel):
    fill = {"n": draw.randrange(2, 15), "order": draw.randrange(10_000, 99_999), "thing": draw.choice(THINGS)}
    about = [draw.choice(SAYS[category])]
    if draw.random() < 0.1:
        about = [draw.choice([line for line, fitting in VAGUE.items() if category in fitting])]
    if draw.random() < 0.08:
        about.insert(draw.randrange(2), draw.choice(SAYS[one_of(draw, CATEGORIES)]))
    fillers = draw.sample(FILLERS, draw.choice((0, 1, 1, 2)) + 2 * (channel == "phone"))
    sentences = [*fillers, *about] if channel == "phone" or draw.random() < 0.5 else [*about, *fillers]
    sentences = [draw.choice(GREETINGS), *sentences, draw.choice(ENDINGS)]
    text = ". ".join(sentence.format(**fill) for sentence in sentences if sentence)
    return slipped(draw, text, 0.02 if channel == "chat" else 0.006)


def slipped(draw, text, share):
    """The text with some letters left out or swapped."""
    letters = list(text)
    for place in range(len(letters) - 1):
        if letters[place].isalpha() and draw.random() < share:
            if draw.random() < 0.5:
                letters[place] = ""
            else:
                letters[place], letters[place + 1] = letters[place + 1], letters[place]
    return "".join(letters)


def one_of(draw, weights):
    return draw.choices(list(weights), list(weights.values()))[0]


if __name__ == "__main__":
    with (Path(__file__).parent / "data" / "tickets.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(FIELDS)
        writer.writerows(tickets(random.Random(1912)))
