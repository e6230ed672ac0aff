"""`baseline:` opens the store that it names, with the credentials that the environment holds for it."""

from pathlib import Path

import pytest

from gatebot.baseline.chosen_store import open_store
from gatebot.baseline.folder import FolderBackend
from gatebot.baseline.mlflow import MlflowBackend
from gatebot.baseline.refs import RefBackend
from gatebot.baseline.store import Backend, BackendStore
from gatebot.baseline.url import UrlBackend
from gatebot.baseline.web import Web
from gatebot.errors import UsageError
from tests.baseline.kept import COMMITS, NOW
from tests.baseline.servers import StoreServer as Server
from tests.baseline.servers import serving
from tests.collect.repository import git, repository

ROOT = Path("/repository")
CHOICES: list[tuple[str, str | None, dict[str, str], Backend]] = [
    ("folder", "kept", {}, FolderBackend(ROOT / "kept" / "tickets", most=None, ignored=False)),
    ("folder", "/mnt/kept", {}, FolderBackend(Path("/mnt/kept/tickets"), most=None, ignored=False)),
    ("refs", None, {}, RefBackend(ROOT, "tickets", "origin")),
    ("refs", "mirror", {}, RefBackend(ROOT, "tickets", "mirror")),
    ("url", "https://host/kept", {}, UrlBackend(Web("https://host/kept"), "tickets")),
    ("mlflow", "https://host#smoke", {}, MlflowBackend(Web("https://host"), "tickets", "smoke")),
    ("mlflow", None, {"MLFLOW_TRACKING_URI": "http://host:5000"}, MlflowBackend(Web("http://host:5000"), "tickets")),
]


@pytest.mark.parametrize(("kind", "location", "environ", "backend"), CHOICES)
def test_the_store_is_the_named_one(kind: str, location: str | None, environ: dict[str, str], backend: Backend) -> None:
    assert open_store(kind, location, "tickets", ROOT, environ) == BackendStore(backend)


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


@pytest.mark.parametrize("kind", ["file", "link", "submodule"])
def test_no_folder_that_a_commit_brings_along_holds_baselines(tmp_path: Path, kind: str) -> None:
    """Else a pull request could say itself what base predicts."""
    root = repository(tmp_path / "root", {"a.py": ""})
    place = root / "kept/baselines"
    if kind == "link":
        (tmp_path / "elsewhere").mkdir()
        (root / "kept").symlink_to(tmp_path / "elsewhere")
    else:
        place.mkdir(parents=True)
        (place / "a").write_text("")
    if kind == "submodule":
        (root / "kept/.git").write_text("gitdir: ../.git/modules/kept\n")
        git(root, "update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},kept")
    else:
        git(root, "add", "--force", "kept")
    with pytest.raises(UsageError):
        open_store("folder", "kept/baselines", "p", root, {})
