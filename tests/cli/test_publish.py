"""`gatebot publish` in a job of its own: what becomes of a pull request where no report has reached it."""

from tests.cli.test_rejudge import published
from tests.cli.tiny import HARMLESS
from tests.cli.world import World


def test_without_a_report_the_status_says_that_nobody_could_judge(world: World) -> None:
    pull = world.open_pull(HARMLESS, "fork-without-report", fork=True, author="stranger")
    done = published(world, pull, 4711, inputs={"command": "publish"})
    assert done.step.exit_code != 0
    assert world.history(pull.head) == ["pending", "error"], done.step.log
    assert "report.json" in done.step.log
