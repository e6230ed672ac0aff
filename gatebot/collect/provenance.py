"""The provenance of a Snapshot: digests of everything that must be equal for evidence to be comparable."""

import json
import platform
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path
from typing import Any

import gatebot
from gatebot.collect.dataset import Dataset, column_bytes
from gatebot.collect.job import Job, Tree, processors
from gatebot.config.document import Recipe, Rules
from gatebot.evidence.snapshot import SnapshotProvenance
from gatebot.repository.own_folder import NAME
from gatebot.sandbox import Reach

MOST_DISTRIBUTIONS = 1000
SMOKE_KEYS = ("train_rows", "eval_rows", "memory", "network", "env", "device")


def about(
    job: Job,
    tree: Tree,
    dataset: Dataset,
    inventory: Mapping[str, Any],
    reach: Reach,
    *,
    granted: Iterable[Path] = (),
) -> SnapshotProvenance:
    """Return the provenance of one side's evidence."""
    environment = environment_of(job, inventory)
    return SnapshotProvenance(
        gatebot=gatebot.__version__,
        project=job.project,
        task=job.rules.task.value,
        commit=tree.commit,
        tested=tree.tested,
        created_at=datetime.now(UTC),
        rules_digest=rules_digest(job.project, job.rules),
        recipe_digest=recipe_digest(tree.recipe),
        eval_digest=eval_digest(dataset),
        data_version=dataset.version,
        environment_digest=digest(environment),
        runner=runner(),
        isolation=reach.level.value,
        isolation_why=reach.reasons,
        granted=tuple(dict.fromkeys(_shown(path, job) for path in granted)),
        environment=environment,
        estimand="recipe" if trains(tree.recipe) else "artifact",
        effort=dict(job.effort),
    )


def _shown(path: Path, job: Job) -> str:
    """Return a path for display. Paths in gatebot's own folder are shortened: where a machine keeps it is private."""
    return f"{NAME}/{path.relative_to(job.cache)}" if path.is_relative_to(job.cache) else str(path)


def trains(recipe: Recipe) -> bool:
    """Return whether gatebot trains the model, so that its Recipe can be judged; else predictions are delivered."""
    return recipe.model.python is not None or recipe.model.train is not None


def rules_digest(project: str, rules: Rules) -> str:
    """Return a digest of the Rules that evidence depends on; policy, margins and waivers need no new training."""
    facts = rules.model_dump(mode="json", by_alias=True)
    smoke = {key: facts["smoke"][key] for key in SMOKE_KEYS}
    data = {key: value for key, value in facts["data"].items() if key != "addresses"}  # the data's own digest covers it
    slices = rules.slice_columns
    return digest({"project": project, "task": facts["task"], "data": data, "slices": slices, "smoke": smoke})


def recipe_digest(recipe: Recipe) -> str:
    """Return a digest of the whole Recipe."""
    return digest(recipe.model_dump(mode="json", by_alias=True))


def eval_digest(dataset: Dataset) -> str:
    """Return a digest of the eval rows: their ids, contents and labels, independent of their order."""
    rows, truth = dataset.profile.eval_rows, dataset.truth
    order = rows.ids.argsort(kind="stable")
    hasher = blake2b(rows.ids[order].tobytes() + rows.contents[order].tobytes(), digest_size=16)
    if truth is not None:
        hasher.update(column_bytes(truth.target.take(truth.ids.argsort(kind="stable"))))
    return hasher.hexdigest()


def environment_of(job: Job, inventory: Mapping[str, Any]) -> dict[str, str]:
    """Return interpreter, threads and packages from the user's interpreter (untrusted: only short text is kept)."""
    found = {**_texts(inventory.get("distributions")), **_texts(inventory.get("facts"))}
    kept = dict(sorted(found.items())[:MOST_DISTRIBUTIONS])
    return {**kept, "threads": str(job.threads), "device": job.rules.smoke.device} if kept else {}


def runner() -> str:
    """Return the class of this machine. Times are only compared within a class."""
    return f"{platform.system()} {platform.machine()} {_processor()} x{processors()}".lower()


def digest(facts: object) -> str:
    """Return a digest of plain values, independent of the order of keys."""
    return blake2b(json.dumps(facts, sort_keys=True, default=str).encode(), digest_size=16).hexdigest()


def _texts(values: object) -> dict[str, str]:
    if not isinstance(values, dict):
        return {}
    return {str(name)[:100]: str(value)[:100] for name, value in values.items() if value}


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.machine()  # `platform.processor` would start an external program
    names = (line.partition(":")[2].strip() for line in lines if line.startswith(("model name", "CPU part")))
    return next(names, platform.machine())
