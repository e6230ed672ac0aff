"""Data that is not in git: fetched from a bucket for both sides of a shallow clone without a baseline."""

import runpy
from collections.abc import Iterator
from pathlib import Path

import pytest

from examples.gate import Gate, run_gate
from examples.repository import Repository, example

SOURCE = example("remote-data")
MAIN = "refs/remotes/origin/main"
SECRET = "not-to-be-seen-anywhere"


@pytest.fixture(scope="module")
def bucket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """A bucket with all extracts, and the variables that lead to it."""
    boto3 = pytest.importorskip("boto3")
    server = pytest.importorskip("moto.server").ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    keys = {"aws_access_key_id": "k", "aws_secret_access_key": SECRET}
    store = boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1", **keys)
    store.create_bucket(Bucket="meters")
    folder = tmp_path_factory.mktemp("bucket")
    runpy.run_path(str(SOURCE.folder / "generate.py"))["write"](folder)
    for path in folder.iterdir():
        store.upload_file(str(path), "meters", path.name)
    yield {"S3_ENDPOINT": endpoint, "AWS_ACCESS_KEY_ID": "k", "AWS_SECRET_ACCESS_KEY": SECRET}
    server.stop()


def clone(pull: str, folder: Path) -> Path:
    """A shallow clone of a pull request's branch, which knows nothing of main."""
    origin = Repository.create(SOURCE, folder / "origin")
    origin.open_pull(SOURCE.changes[pull])
    origin.check_out("main")
    origin.git("clone", "--quiet", "--depth=1", f"--branch={pull}", f"file://{origin.folder}", str(folder / "clone"))
    return folder / "clone"


def gated(pull: str, folder: Path, bucket: dict[str, str]) -> Gate:
    return run_gate(clone(pull, folder), "--base", MAIN, env=bucket)


@pytest.mark.whole
@pytest.mark.parametrize("pull", ["october", "november", pytest.param("kelvin", marks=pytest.mark.simulation)])
def test_both_sides_are_fetched_and_trained(pull: str, bucket: dict[str, str], tmp_path: Path) -> None:
    gate = gated(pull, tmp_path, bucket)
    change = SOURCE.changes[pull]
    assert gate.verdict == change.verdict, gate.said
    assert set(change.found_by) <= gate.found
    assert bool(gate.found) == bool(change.found_by)
    assert gate.report["base"]["relation"] == "merge_base"
    assert gate.report["base"]["source"] == "trained here"
    left = [path for path in gate.out.rglob("*") if path.is_file()]
    assert not [path for path in left if SECRET.encode() in path.read_bytes()]
    assert SECRET not in gate.said


@pytest.mark.whole
def test_without_its_secrets_the_data_is_not_there_and_that_is_no_verdict(
    bucket: dict[str, str], tmp_path: Path
) -> None:
    gate = run_gate(clone("october", tmp_path), "--base", MAIN, env={"S3_ENDPOINT": bucket["S3_ENDPOINT"]})
    assert (gate.exit_code, gate.report) == (5, {})
    assert "`data.fetch` (python3 fetch.py) failed" in gate.said
