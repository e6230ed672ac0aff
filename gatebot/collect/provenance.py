"""What a Snapshot says of itself: digests of all that has to be equal where evidence is compared."""

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
    """What the evidence of one side is of."""
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
    """A folder of gatebot's own is told by what it is: where a machine keeps it is nobody's concern."""
    return f"{NAME}/{path.relative_to(job.cache)}" if path.is_relative_to(job.cache) else str(path)


def trains(recipe: Recipe) -> bool:
    """Whether gatebot trains the model, so that its recipe can be judged; else predictions are brought."""
    return recipe.model.python is not None or recipe.model.train is not None


def rules_digest(project: str, rules: Rules) -> str:
    """Of those Rules that evidence depends on; policy, margins and waivers may change without a new training."""
    facts = rules.model_dump(mode="json", by_alias=True)
    smoke = {key: facts["smoke"][key] for key in SMOKE_KEYS}
    data = {key: value for key, value in facts["data"].items() if key != "addresses"}  # the data itself tells
    slices = rules.slice_columns
    return digest({"project": project, "task": facts["task"], "data": data, "slices": slices, "smoke": smoke})


def recipe_digest(recipe: Recipe) -> str:
    """Of all of the Recipe."""
    return digest(recipe.model_dump(mode="json", by_alias=True))


def eval_digest(dataset: Dataset) -> str:
    """Of the eval rows: their ids, contents and labels, whatever their order."""
    rows, truth = dataset.profile.eval_rows, dataset.truth
    order = rows.ids.argsort(kind="stable")
    hasher = blake2b(rows.ids[order].tobytes() + rows.contents[order].tobytes(), digest_size=16)
    if truth is not None:
        hasher.update(column_bytes(truth.target.take(truth.ids.argsort(kind="stable"))))
    return hasher.hexdigest()


def environment_of(job: Job, inventory: Mapping[str, Any]) -> dict[str, str]:
    """Interpreter, threads and distributions, as the user's interpreter listed them (untrusted: only short text)."""
    found = {**_texts(inventory.get("distributions")), **_texts(inventory.get("facts"))}
    kept = dict(sorted(found.items())[:MOST_DISTRIBUTIONS])
    return {**kept, "threads": str(job.threads), "device": job.rules.smoke.device} if kept else {}


def runner() -> str:
    """The class of this machine: times compare only within one."""
    return f"{platform.system()} {platform.machine()} {_processor()} x{processors()}".lower()


def digest(facts: object) -> str:
    """Of plain values, whatever the order of their keys."""
    return blake2b(json.dumps(facts, sort_keys=True, default=str).encode(), digest_size=16).hexdigest()


def _texts(values: object) -> dict[str, str]:
    if not isinstance(values, dict):
        return {}
    return {str(name)[:100]: str(value)[:100] for name, value in values.items() if value}


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.machine()  # `platform.processor` would start a program of this name
    names = (line.partition(":")[2].strip() for line in lines if line.startswith(("model name", "CPU part")))
    return next(names, platform.machine())
