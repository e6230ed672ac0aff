"""Baselines below a web address: labels first, and a bounded number of questions."""

from pathlib import Path

import pytest

from gatebot.baseline.store import BackendStore, Found, Missing
from gatebot.baseline.url import UrlBackend
from gatebot.baseline.web import Web
from tests.baseline.kept import COMMITS, NOW, folder_of
from tests.baseline.servers import StoreServer, serving


def test_the_snapshot_appears_after_its_labels(tmp_path: Path) -> None:
    with serving(StoreServer()) as server:
        BackendStore(UrlBackend(Web(f"{server.address}/kept"), "tickets")).keep(
            folder_of(tmp_path, COMMITS[0]), COMMITS[0]
        )
        place = f"/kept/tickets/{COMMITS[0]}"
        assert server.asked == [f"GET {place}/snapshot.zip", f"PUT {place}/truth.zip", f"PUT {place}/snapshot.zip"]


@pytest.mark.parametrize("there", [False, True])
def test_a_newer_run_that_comes_in_between_is_not_replaced(tmp_path: Path, there: bool) -> None:
    """It puts its own after we have looked: the server takes nothing over what it has not shown."""
    with serving(StoreServer()) as server:
        stored = BackendStore(UrlBackend(Web(server.address), "tickets"))
        if there:
            stored.keep(folder_of(tmp_path, COMMITS[0], rows=1, run=(6, 1)), COMMITS[0])

        def overtake(asked: str) -> None:
            if asked.startswith("PUT") and "truth" in asked:
                server.before.clear()
                stored.keep(folder_of(tmp_path, COMMITS[0], rows=3, run=(8, 1)), COMMITS[0])

        server.before.append(overtake)
        stored.keep(folder_of(tmp_path, COMMITS[0], rows=2, run=(7, 1)), COMMITS[0])
        found = stored.find(COMMITS[:1], NOW)
        assert isinstance(found, Found)
        assert found.snapshot.about.run == (8, 1)


def test_a_server_without_conditions_is_used_all_the_same(tmp_path: Path) -> None:
    with serving(StoreServer(conditions=False)) as server:
        stored = BackendStore(UrlBackend(Web(server.address), "tickets"))
        for rows, run in ((1, (8, 1)), (2, (7, 1)), (3, (9, 1))):
            stored.keep(folder_of(tmp_path, COMMITS[0], rows=rows, run=run), COMMITS[0])
        found = stored.find(COMMITS[:1], NOW)
        assert isinstance(found, Found)
        assert found.snapshot.about.run == (9, 1)


def test_the_search_ends() -> None:
    with serving(StoreServer()) as server:
        answer = BackendStore(UrlBackend(Web(server.address), "tickets", max_steps=4)).find(COMMITS, NOW)
        assert isinstance(answer, Missing)
        assert len(server.asked) == 4


def test_labels_are_not_asked_for_unless_wanted(tmp_path: Path) -> None:
    with serving(StoreServer()) as server:
        stored = BackendStore(UrlBackend(Web(server.address), "tickets"))
        stored.keep(folder_of(tmp_path, COMMITS[0]), COMMITS[0])
        server.asked.clear()
        stored.find(COMMITS[:1], NOW)
        assert server.asked == [f"GET /tickets/{COMMITS[0]}/snapshot.zip"]
