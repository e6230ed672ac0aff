from threading import Thread

import pytest

from gatebot.collect.progress import Phase, ProgressReporter, Step
from gatebot.evidence.need import Side
from tests.collect.repository import Recorded


def test_a_step_is_started_and_finished_with_its_outcome() -> None:
    heard = Recorded()
    with ProgressReporter(heard).step(Phase.TRAIN, Side.HEAD, "one") as outcome:
        assert heard.started_steps == [Step(Phase.TRAIN, Side.HEAD, "one")]
        outcome.word = "crashed"
    assert heard.finished_steps == [(Step(Phase.TRAIN, Side.HEAD, "one"), "crashed")]


def test_a_step_that_raises_is_finished_too() -> None:
    heard = Recorded()
    with pytest.raises(KeyError), ProgressReporter(heard).step(Phase.FETCH, Side.BASE):
        raise KeyError
    assert heard.finished_steps == [(Step(Phase.FETCH, Side.BASE), "error")]


def test_no_two_threads_speak_at_once() -> None:
    speaking = []

    class Slow(Recorded):
        def started(self, step: Step) -> None:
            speaking.append(step)
            assert len(speaking) == 1
            speaking.remove(step)
            super().started(step)

    reporter, heard = ProgressReporter(slow := Slow()), []

    def work(number: int) -> None:
        with reporter.step(Phase.PREDICT, Side.HEAD, str(number)):
            heard.append(number)

    threads = [Thread(target=work, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(slow.finished_steps) == len(heard) == 20
