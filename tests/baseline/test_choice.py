"""`baseline:` opens the store that it names, with the credentials that the environment holds for it."""

from pathlib import Path

import pytest

from gatebot.baseline.choice import open_store
from gatebot.baseline.folder import FolderShelf
from gatebot.baseline.mlflow import MlflowShelf
from gatebot.baseline.refs import RefShelf
from gatebot.baseline.store import Shelf, ShelfStore
from gatebot.baseline.url import UrlShelf
from gatebot.baseline.web import Web
from gatebot.errors import UsageError
from tests.baseline.kept import COMMITS, NOW
from tests.baseline.servers import Shelf as Server
from tests.baseline.servers import serving

ROOT = Path("/repository")
CHOICES: list[tuple[str, str | None, dict[str, str], Shelf]] = [
    ("folder", "kept", {}, FolderShelf(ROOT / "kept" / "tickets", most=None, ignored=False)),
    ("folder", "/mnt/kept", {}, FolderShelf(Path("/mnt/kept/tickets"), most=None, ignored=False)),
    ("refs", None, {}, RefShelf(ROOT, "tickets", "origin")),
    ("refs", "mirror", {}, RefShelf(ROOT, "tickets", "mirror")),
    ("url", "https://host/kept", {}, UrlShelf(Web("https://host/kept"), "tickets")),
    ("mlflow", "https://host#smoke", {}, MlflowShelf(Web("https://host"), "tickets", "smoke")),
    ("mlflow", None, {"MLFLOW_TRACKING_URI": "http://host:5000"}, MlflowShelf(Web("http://host:5000"), "tickets")),
]


@pytest.mark.parametrize(("kind", "location", "environ", "shelf"), CHOICES)
def test_the_store_is_the_named_one(kind: str, location: str | None, environ: dict[str, str], shelf: Shelf) -> None:
    assert open_store(kind, location, "tickets", ROOT, environ) == ShelfStore(shelf)


def test_artifacts_are_opened_elsewhere() -> None:
    assert open_store("artifact", None, "tickets", ROOT, {}) is None


@pytest.mark.parametrize(
    ("kind", "location", "says"),
    [
        ("folder", None, "needs `baseline.location`"),
        ("url", None, "needs `baseline.location`"),
        ("mlflow", None, "needs `baseline.location`"),
        ("url", "kept", "not an http or https address"),
        ("s3", None, "`baseline.from` is 's3'"),
    ],
)
def test_what_cannot_be_opened_is_named(kind: str, location: str | None, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        open_store(kind, location, "tickets", ROOT, {})


@pytest.mark.parametrize(
    ("kind", "environ", "sent"),
    [
        ("url", {"GATEBOT_BASELINE_TOKEN": "secret"}, "Bearer secret"),
        ("url", {"MLFLOW_TRACKING_TOKEN": "secret"}, None),
        ("mlflow", {"MLFLOW_TRACKING_TOKEN": "secret"}, "Bearer secret"),
        ("mlflow", {"MLFLOW_TRACKING_USERNAME": "u", "MLFLOW_TRACKING_PASSWORD": "p"}, "Basic dTpw"),
        ("mlflow", {"GATEBOT_BASELINE_TOKEN": "secret"}, None),
    ],
)
def test_credentials_go_where_they_belong(kind: str, environ: dict[str, str], sent: str | None) -> None:
    with serving(Server()) as server:
        store = open_store(kind, server.address, "tickets", ROOT, environ)
        assert store is not None
        store.find(COMMITS[:1], NOW)
        assert server.headers.get("Authorization") == sent
