"""A status says success of what was not judged, or after a newer run has said failure."""

from tests.attacks.attack import Attack
from tests.attacks.attack_setup import AttackSetup, Outcome
from tests.container.scenario import Pull
from tests.github.fake_github import Seen

DRAFTS: dict[str, object] = {"drafts": "skip"}


def _pending(outcome: Outcome) -> None:
    assert outcome.status != "success", outcome


def _overtaken(setup: AttackSetup, pull: Pull) -> None:
    """As soon as this run has begun, a newer one begins and concludes: failure."""
    newer = f"https://github.com/{setup.github.repository}/actions/runs/999999999/attempts/1"

    def overtake(_seen: Seen) -> None:
        rows = [row for row in setup.github.state.statuses if row["sha"] == pull.head]
        if [row["state"] for row in rows] == ["pending"]:
            for state in ("pending", "failure"):
                new = {**rows[0], "id": setup.github.state.next_id(), "target_url": newer, "state": state}
                setup.github.state.statuses.append(new)

    setup.github.before.append(overtake)


ATTACKS = (
    Attack(name="a draft that is skipped", draft=True, settings=DRAFTS, expect=_pending, in_container=False),
    Attack(
        name="an older run that ends last",
        carrier="harmless",
        on_github=_overtaken,
        expect=_pending,
        in_container=False,
    ),
)
