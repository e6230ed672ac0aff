"""Data behind addresses, from real servers on this machine."""

import functools
import gzip
import io
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import polars as pl
import pytest

from gatebot.data.digest import bytes_digest
from gatebot.data.read import read
from gatebot.data.source import Source
from gatebot.errors import GateError, MachineError, UsageError

CSV = b'id,x\n1,"a\nb"\n2,c\n'


class Handler(SimpleHTTPRequestHandler):
    """Serves a folder; `/forbidden` and `/broken` answer 403 and 500."""

    def do_GET(self) -> None:
        codes = {"/forbidden": 403, "/broken": 500}
        if self.path in codes:
            self.send_error(codes[self.path])
        else:
            super().do_GET()

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def web(tmp_path: Path) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, directory=str(tmp_path)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def parquet(frame: pl.DataFrame) -> bytes:
    out = io.BytesIO()
    frame.write_parquet(out)
    return out.getvalue()


def test_files_over_http(tmp_path: Path, web: str) -> None:
    (tmp_path / "t.csv").write_bytes(CSV)
    (tmp_path / "t.csv.gz").write_bytes(gzip.compress(CSV))
    (tmp_path / "t.parquet").write_bytes(parquet(pl.DataFrame({"x": [1]})))
    rows = read(Source(tmp_path, (f"{web}/t.csv?signature=secret",)))
    assert rows.frame.rows() == [("1", "a\nb"), ("2", "c")]
    assert rows.files == {f"{web}/t.csv": bytes_digest(CSV)}
    assert read(Source(tmp_path, (f"{web}/t.csv.gz",))).frame.equals(rows.frame)
    assert read(Source(tmp_path, (f"{web}/t.parquet",))).typed


@pytest.mark.parametrize(
    ("path", "kind", "says"),
    [
        ("/gone.csv?token=secret", UsageError, "is not there (HTTP 404)"),
        ("/forbidden", UsageError, "may not be read (HTTP 403)"),
        ("/broken", MachineError, "could not be fetched: HTTP 500"),
        ("/latin.csv", UsageError, "line 2 is not UTF-8"),
    ],
)
def test_what_goes_wrong_over_http(tmp_path: Path, web: str, path: str, kind: type[GateError], says: str) -> None:
    (tmp_path / "latin.csv").write_bytes(b"a\ncaf\xe9\n")
    with pytest.raises(kind) as caught:
        read(Source(tmp_path, (web + path,)))
    assert says in caught.value.message
    assert "secret" not in str(caught.value)


def test_no_server(tmp_path: Path) -> None:
    with pytest.raises(MachineError, match="could not be fetched: ConnectionError"):
        read(Source(tmp_path, ("http://user:secret@127.0.0.1:9/t.csv",)))


@pytest.fixture(scope="module")
def store() -> Iterator[str]:
    """An S3 server with a bucket of data."""
    boto3 = pytest.importorskip("boto3")
    server = pytest.importorskip("moto.server").ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    client = boto3.client(
        "s3", endpoint_url=endpoint, region_name="us-east-1", aws_access_key_id="k", aws_secret_access_key="s"
    )
    client.create_bucket(Bucket="data")
    objects = {
        "d/2.csv": b"id,x\n3,d\n",
        "d/1.csv": CSV,
        "d/1.csv.gz": gzip.compress(CSV),
        "t.jsonl": b'{"id": 1}\n{"id": 2}\n',
        "p/2.parquet": parquet(pl.DataFrame({"x": [3]})),
        "p/1.parquet": parquet(pl.DataFrame({"x": [1, 2]})),
        "latin.csv": b"a\ncaf\xe9\n",
        "broken.parquet": b"PAR1junkPAR1",
    }
    for key, body in objects.items():
        client.put_object(Bucket="data", Key=key, Body=body)
    yield endpoint
    server.stop()


@pytest.fixture
def credentials(store: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "AWS_ENDPOINT_URL": store,
        "AWS_ACCESS_KEY_ID": "k",
        "AWS_SECRET_ACCESS_KEY": "s",
        "AWS_DEFAULT_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)


@pytest.mark.usefixtures("credentials")
def test_objects_of_a_store(tmp_path: Path) -> None:
    text = read(Source(tmp_path, ("s3://data/d/*.csv",)))
    assert text.frame.rows() == [("1", "a\nb"), ("2", "c"), ("3", "d")]
    assert list(text.files) == ["s3://data/d/1.csv", "s3://data/d/2.csv"]
    assert read(Source(tmp_path, ("s3://data/d/1.csv.gz",))).frame.height == 2
    assert read(Source(tmp_path, ("s3://data/t.jsonl",))).frame["id"].to_list() == ["1", "2"]
    typed = read(Source(tmp_path, ("s3://data/p/*.parquet",)))
    assert typed.typed
    assert typed.frame["x"].to_list() == [1, 2, 3]
    assert list(typed.files) == ["s3://data/p/1.parquet", "s3://data/p/2.parquet"]
    assert read(Source(tmp_path, ("s3://data/p/1.parquet",))).files.items() <= typed.files.items()


@pytest.mark.usefixtures("credentials")
@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("s3://data/gone.csv", "is not there"),
        ("s3://data/gone*.csv", "matches nothing"),
        ("s3://nowhere/t.csv", "is not there"),
        ("s3://data/latin.csv", "is not UTF-8"),
        ("s3://data/broken.parquet", "cannot be read"),
    ],
)
def test_what_goes_wrong_with_a_store(tmp_path: Path, address: str, says: str) -> None:
    with pytest.raises(UsageError) as caught:
        read(Source(tmp_path, (address,)))
    assert says in caught.value.message
    assert caught.value.hint


def test_a_store_that_does_not_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"AWS_ENDPOINT_URL": "http://127.0.0.1:9", "AWS_DEFAULT_REGION": "us-east-1"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "k")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s")
    with pytest.raises(MachineError, match="could not be fetched"):
        read(Source(tmp_path, ("s3://data/t.csv",)))
