"""Baselines below a web address: labels first, and a bounded number of questions."""

from pathlib import Path

from gatebot.baseline.store import Missing, ShelfStore
from gatebot.baseline.url import UrlShelf
from gatebot.baseline.web import Web
from tests.baseline.kept import COMMITS, NOW, folder_of
from tests.baseline.servers import Shelf, serving


def test_the_snapshot_appears_after_its_labels(tmp_path: Path) -> None:
    with serving(Shelf()) as server:
        ShelfStore(UrlShelf(Web(f"{server.address}/kept"), "tickets")).keep(folder_of(tmp_path, COMMITS[0]), COMMITS[0])
        place = f"PUT /kept/tickets/{COMMITS[0]}"
        assert server.asked == [f"{place}/truth.zip", f"{place}/snapshot.zip"]


def test_the_search_ends() -> None:
    with serving(Shelf()) as server:
        answer = ShelfStore(UrlShelf(Web(server.address), "tickets", max_steps=4)).find(COMMITS, NOW)
        assert isinstance(answer, Missing)
        assert len(server.asked) == 4


def test_labels_are_not_asked_for_unless_wanted(tmp_path: Path) -> None:
    with serving(Shelf()) as server:
        stored = ShelfStore(UrlShelf(Web(server.address), "tickets"))
        stored.keep(folder_of(tmp_path, COMMITS[0]), COMMITS[0])
        server.asked.clear()
        stored.find(COMMITS[:1], NOW)
        assert server.asked == [f"GET /tickets/{COMMITS[0]}/snapshot.zip"]
