"""Baselines in MLflow: only finished runs of this project count, wherever the server keeps artifacts."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from gatebot.baseline.mlflow import MlflowBackend
from gatebot.baseline.store import BackendStore, Found, Missing, Part
from gatebot.baseline.web import Web
from gatebot.errors import MachineError
from tests.baseline.kept import COMMITS, NOW, folder_of
from tests.baseline.servers import PROXY, StoreServer, serving


@pytest.fixture
def server() -> Iterator[StoreServer]:
    with serving(StoreServer()) as backend:
        yield backend


def _store(server: StoreServer, project: str = "tickets") -> BackendStore:
    return BackendStore(MlflowBackend(Web(server.address, backoff_s=0), project))


def test_artifacts_go_through_the_servers_proxy(server: StoreServer, tmp_path: Path) -> None:
    _store(server).keep(folder_of(tmp_path, COMMITS[0]), COMMITS[0])
    runs = [f"{PROXY}0/{number:032x}/artifacts" for number in range(2)]
    assert list(server.files) == [f"{runs[0]}/truth.zip", f"{runs[1]}/snapshot.zip"]


def test_all_pages_are_read(server: StoreServer, tmp_path: Path) -> None:
    stored = _store(server)
    for hours, commit in enumerate(COMMITS[:5]):
        stored.keep(folder_of(tmp_path, commit, hours=hours), commit)
    answer = stored.find(COMMITS[4:6], NOW)
    assert isinstance(answer, Found)
    assert answer.commit == COMMITS[4]


def test_a_run_that_was_killed_does_not_count(server: StoreServer, tmp_path: Path) -> None:
    _store(server).keep(folder_of(tmp_path, COMMITS[0]), COMMITS[0])
    for run in server.runs:
        run["info"]["status"] = "RUNNING"
    assert isinstance(_store(server).find(COMMITS[:1], NOW), Missing)


def test_projects_of_one_experiment_are_apart(server: StoreServer, tmp_path: Path) -> None:
    _store(server).keep(folder_of(tmp_path, COMMITS[0]), COMMITS[0])
    assert isinstance(_store(server, "prices").find(COMMITS[:1], NOW), Missing)


def test_artifacts_elsewhere_are_read_through_the_server_and_not_written(server: StoreServer, tmp_path: Path) -> None:
    server.proxies = False
    backend = MlflowBackend(Web(server.address, backoff_s=0), "tickets")
    with pytest.raises(MachineError, match="in s3"):
        BackendStore(backend).keep(folder_of(tmp_path, COMMITS[0]), COMMITS[0])
    server.runs[0]["info"]["status"] = "FINISHED"
    server.files[f"/artifacts/{0:032x}/truth.zip"] = b"labels"
    assert backend.get(COMMITS[0], Part.LABELS) == b"labels"


@pytest.mark.parametrize("answer", [b"{}", b'{"experiment": {}}', b'{"experiment": 3}'])
def test_another_kind_of_server_is_named(server: StoreServer, answer: bytes) -> None:
    server.experiments.append("gatebot")
    backend = MlflowBackend(Web(f"{server.address}/other", backoff_s=0), "tickets")
    server.files["/other/api/2.0/mlflow/experiments/get-by-name"] = answer
    with pytest.raises(MachineError, match="does not answer as MLflow does"):
        backend.held(COMMITS)


def test_a_server_without_the_interface_is_named(server: StoreServer, tmp_path: Path) -> None:
    backend = MlflowBackend(Web(f"{server.address}/other", backoff_s=0), "tickets")
    with pytest.raises(MachineError, match="knows no"):
        BackendStore(backend).keep(folder_of(tmp_path, COMMITS[0]), COMMITS[0])
