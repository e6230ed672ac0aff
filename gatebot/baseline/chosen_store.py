"""Opens the store that `baseline:` names, with credentials from the environment."""

import os
from base64 import b64encode
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urldefrag

from gatebot.baseline.folder import FolderBackend
from gatebot.baseline.mlflow import MlflowBackend
from gatebot.baseline.refs import RefBackend
from gatebot.baseline.store import Backend, BackendStore, Store
from gatebot.baseline.url import UrlBackend
from gatebot.baseline.web import Web
from gatebot.errors import UsageError
from gatebot.repository.own_folder import require_owned

URL_TOKEN = "GATEBOT_BASELINE_TOKEN"  # noqa: S105  # the name of a variable
MLFLOW_ADDRESS = "MLFLOW_TRACKING_URI"
MLFLOW_TOKEN = "MLFLOW_TRACKING_TOKEN"  # noqa: S105
MLFLOW_USER, MLFLOW_PASSWORD = "MLFLOW_TRACKING_USERNAME", "MLFLOW_TRACKING_PASSWORD"
SECRETS = (URL_TOKEN, MLFLOW_TOKEN, MLFLOW_PASSWORD)
"""Environment variables that user code must never see."""


def open_store(
    kind: str, location: str | None, project: str, repository: Path, environ: Mapping[str, str]
) -> Store | None:
    """Open the store of `baseline.from` and `baseline.location`.

    Args:
        kind: `folder`, `refs`, `url`, `mlflow`, or `artifact`.
        location: path of the folder, relative to `repository` unless absolute; the remote of the refs, `origin` if
            None; or the address, for MLflow with `#experiment`.
        project: separates several projects in one store.
        repository: the root of the work tree.
        environ: contains credentials: `GATEBOT_BASELINE_TOKEN`, and the variables that MLflow's own client reads.

    Returns:
        The store; None for `artifact`, which only a caller with access to GitHub can open.

    Raises:
        UsageError: The location is missing or invalid, or its folder is tracked by git or lies behind a link.
    """
    backend: Backend
    match kind:
        case "artifact":
            return None
        case "folder":
            backend = FolderBackend(_folder(repository, _given(kind, location)) / project, most=None, ignored=False)
        case "refs":
            backend = RefBackend(repository, project, remote=location or "origin")
        case "url":
            backend = UrlBackend(Web(_given(kind, location), _bearer(environ.get(URL_TOKEN, ""))), project)
        case "mlflow":
            address, experiment = urldefrag(_given(kind, location or environ.get(MLFLOW_ADDRESS)))
            backend = MlflowBackend(Web(address, _mlflow_headers(environ)), project, experiment or "gatebot")
        case _:
            raise UsageError(f"`baseline.from` is {kind[:40]!r}", "Use artifact, refs, folder, url or mlflow.")
    return BackendStore(backend)


def _folder(repository: Path, location: str) -> Path:
    """Return the folder of baselines. In the checkout it must not be one that a commit can create with forged evidence.

    Raises:
        UsageError: A commit could have created the folder.
    """
    place = Path(os.path.abspath(repository / location))  # noqa: PTH100
    root = Path(os.path.abspath(repository))  # noqa: PTH100
    if not place.is_relative_to(root):
        return place
    for folder in (place, *place.parents):
        if folder == root:
            break
        if os.path.lexists(folder / ".git"):
            raise UsageError(f"`baseline.location: {location}` lies in a submodule", "Name a folder that git ignores.")
    return require_owned(place)


def _given(kind: str, location: str | None) -> str:
    if not location:
        raise UsageError(f"`baseline.from: {kind}` needs `baseline.location`", "Say where baselines lie.")
    return location


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"} if token else {}


def _mlflow_headers(environ: Mapping[str, str]) -> dict[str, str]:
    user, password = environ.get(MLFLOW_USER, ""), environ.get(MLFLOW_PASSWORD, "")
    if user or password:
        return {"Authorization": f"Basic {b64encode(f'{user}:{password}'.encode()).decode()}"}
    return _bearer(environ.get(MLFLOW_TOKEN, ""))
