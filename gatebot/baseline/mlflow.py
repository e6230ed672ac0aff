"""Baselines as artifacts of MLflow runs, through the tracking server's REST interface.

Reference: https://mlflow.org/docs/latest/rest-api.html, and the `mlflow-artifacts` proxy of the tracking server.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import quote, urlencode, urlsplit

from pydantic import BaseModel, ValidationError

from gatebot.baseline.store import Made, Part
from gatebot.baseline.web import Web
from gatebot.errors import MachineError

PROJECT_TAG = "gatebot.project"
COMMIT_TAG = "gatebot.commit"
PART_TAG = "gatebot.part"
RUN_TAG = "gatebot.run"

_NUMBERS = re.compile(r"[0-9]{1,18}\.[0-9]{1,6}")
_API = "api/2.0/mlflow"
_PROXY = "api/2.0/mlflow-artifacts/artifacts"
_PAGE = 1000
_MAX_PAGES = 5

M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class MlflowBackend:
    """Baselines in one experiment: a finished run for each part of a commit, identified by its tags.

    Attributes:
        web: the tracking server.
        project: separates several projects in one experiment.
        experiment: name of the experiment, which is created if it is missing.
    """

    web: Web
    project: str
    experiment: str = "gatebot"

    @property
    def source(self) -> str:
        """The name of the store for people."""
        return f"MLflow experiment {self.experiment} at {self.web.address}"

    def held(self, commits: Sequence[str]) -> Sequence[str]:
        """Return those of `commits` that have a run."""
        there = {run.commit for run in self._runs(Part.SNAPSHOT)}
        return [commit for commit in commits if commit in there]

    def get(self, commit: str, part: Part) -> bytes | None:
        """Return one part of one commit, from the newest run that has it; None if it is missing."""
        found = self._runs(part, f" and tags.`{COMMIT_TAG}` = '{commit}'")  # the latest first; sorting is stable
        for run in sorted(found, key=lambda run: run.left_by, reverse=True):
            data = self._download(run.info, part.file.name)
            if data is not None:
                return data
        return None

    def put(self, commit: str, made: Made, parts: Mapping[Part, bytes], *, spared: Collection[str] = ()) -> None:
        """Store the parts of one commit, the Snapshot last; only finished runs count."""
        experiment = self._experiment() or self._asked(_Experiment, "experiments/create", {"name": self.experiment})
        for part in sorted(parts, key=lambda part: part is Part.SNAPSHOT):
            run_tag = f"{made.run}.{made.attempt}"
            tags = {PROJECT_TAG: self.project, COMMIT_TAG: commit, PART_TAG: str(part), RUN_TAG: run_tag}
            message = {
                "experiment_id": experiment.experiment_id,
                "run_name": f"gatebot {part} {commit[:12]}",
                "start_time": int(made.at.timestamp() * 1000),
                "tags": [{"key": key, "value": value} for key, value in tags.items()],
            }
            run = self._asked(_Created, "runs/create", message).run
            self.web.put(self._proxied(run.info, part.file.name), parts[part])
            self._asked(_Nothing, "runs/update", {"run_id": run.info.run_id, "status": "FINISHED"})

    def _runs(self, part: Part, more: str = "") -> list["_Run"]:
        experiment = self._experiment()
        if experiment is None:
            return []
        wanted = f"tags.`{PROJECT_TAG}` = '{self.project}' and tags.`{PART_TAG}` = '{part}'"
        message: dict[str, Any] = {
            "experiment_ids": [experiment.experiment_id],
            "filter": f"{wanted} and attributes.status = 'FINISHED'{more}",
            "max_results": _PAGE,
            "order_by": ["attributes.start_time DESC"],
        }
        found: list[_Run] = []
        for _ in range(_MAX_PAGES):
            answer = self._asked(_Page, "runs/search", message)
            found += answer.runs
            if not answer.next_page_token:
                break
            message["page_token"] = answer.next_page_token
        return found

    def _experiment(self) -> "_Experiment | None":
        query = {"experiment_name": self.experiment}
        answer = self.web.ask("GET", f"{_API}/experiments/get-by-name", query=query)
        return None if answer is None else self._read(_Named, answer).experiment

    def _download(self, info: "_Info", name: str) -> bytes | None:
        if urlsplit(info.artifact_uri).scheme == "mlflow-artifacts":
            return self.web.get(self._proxied(info, name))
        query = urlencode({"path": name, "run_uuid": info.run_id})
        return self.web.get(f"get-artifact?{query}")  # only the server has the credentials for its storage

    def _proxied(self, info: "_Info", name: str) -> str:
        place = urlsplit(info.artifact_uri)
        if place.scheme != "mlflow-artifacts":
            raise MachineError(
                f"MLflow keeps the artifacts of {self.experiment} in {place.scheme or 'a folder'}, not on its server",
                "Start the tracking server with `--serve-artifacts` and name an experiment that is made since.",
            )
        return f"{_PROXY}/{quote(place.path.strip('/'))}/{name}"

    def _asked(self, kind: type[M], path: str, message: Mapping[str, Any]) -> M:
        answer = self.web.ask("POST", f"{_API}/{path}", message)
        if answer is None:
            raise MachineError(f"{self.web.address} knows no {_API}/{path}", "Is it an MLflow tracking server?")
        return self._read(kind, answer)

    def _read(self, kind: type[M], answer: dict[str, Any]) -> M:
        try:
            return kind.model_validate(answer)
        except ValidationError as trouble:
            raise MachineError(f"{self.web.address} does not answer as MLflow does") from trouble


class _Nothing(BaseModel):
    """An answer whose content is ignored."""


class _Experiment(BaseModel):
    experiment_id: str


class _Named(BaseModel):
    experiment: _Experiment


class _Tag(BaseModel):
    key: str
    value: str = ""


class _Data(BaseModel):
    tags: list[_Tag] = []


class _Info(BaseModel):
    run_id: str
    artifact_uri: str


class _Run(BaseModel):
    info: _Info
    data: _Data = _Data()

    @property
    def commit(self) -> str:
        """The commit in the run's tag."""
        return next((tag.value for tag in self.data.tags if tag.key == COMMIT_TAG), "")

    @property
    def left_by(self) -> tuple[int, int]:
        """Ids of the workflow run and attempt that created it; zeros outside Actions."""
        run_and_attempt = next((tag.value for tag in self.data.tags if tag.key == RUN_TAG), "")
        run, _, attempt = run_and_attempt.partition(".")
        return (int(run), int(attempt)) if _NUMBERS.fullmatch(run_and_attempt) else (0, 0)


class _Created(BaseModel):
    run: _Run


class _Page(BaseModel):
    runs: list[_Run] = []
    next_page_token: str | None = None
