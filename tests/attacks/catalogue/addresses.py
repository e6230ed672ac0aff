"""Head's data lies at an address: the trusted side must not ask for it on the pull request's behalf."""

from collections.abc import Callable

from tests.attacks import project
from tests.attacks.attack import Attack, Files
from tests.attacks.attack_setup import Outcome
from tests.attacks.bait import Bait


def _silent(outcome: Outcome) -> None:
    assert not outcome.outputs["listener"], outcome.outputs["listener"]


def _at(address: str, key: str = "path") -> Callable[[Bait], Files]:
    def files(bait: Bait) -> Files:
        there = address.replace("PORT", str(bait.port))
        data: dict[str, object] = {key: there} if key == "path" else {"path": [], "train": "data/rows.csv", key: there}
        return {"gatebot.yml": project.configuration({"data": data}, bait.python)}

    return files


ADDRESSES = {
    "loopback": "http://127.0.0.1:PORT/rows.csv",
    "localhost": "http://localhost:PORT/rows.csv",
    "upper case": "HTTP://LOCALHOST:PORT/rows.csv",
    "a short address": "http://127.1:PORT/rows.csv",
    "a number": "http://2130706433:PORT/rows.csv",
    "hexadecimal": "http://0x7f000001:PORT/rows.csv",
    "any address": "http://0.0.0.0:PORT/rows.csv",
    "IPv6": "http://[::ffff:127.0.0.1]:PORT/rows.csv",
    "a trailing dot": "http://localhost.:PORT/rows.csv",
    "credentials": "http://bot:word@127.0.0.1:PORT/rows.csv",
    "a line break": "http://127.0.0.1:PORT/%0d%0aX-Evil:%20yes/rows.csv",
    "a store": "s3://127.0.0.1:PORT/rows.csv",
}
FAST = ("loopback",)

ATTACKS = (
    *(
        Attack(name=f"data at {name}", change=_at(address), expect=_silent, slow=name not in FAST)
        for name, address in ADDRESSES.items()
    ),
    Attack(name="eval data at an address", change=_at(ADDRESSES["loopback"], "eval"), expect=_silent, slow=True),
    Attack(
        name="data in a store whose server head names",
        change=lambda bait: {
            "gatebot.yml": project.configuration(
                {
                    "data": {"path": "s3://bucket/rows.csv"},
                    "smoke": {"env": {"set": {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{bait.port}"}}},
                },
                bait.python,
            )
        },
        environment={"AWS_ENDPOINT_URL": "http://127.0.0.1:9", "AWS_REGION": "x"},
        expect=_silent,
        slow=True,
    ),
)
