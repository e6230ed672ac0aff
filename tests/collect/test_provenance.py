from pathlib import Path
from typing import Any

import pytest

from gatebot.collect import collect
from gatebot.collect.provenance import environment_of, recipe_digest, rules_digest, runner
from gatebot.evidence.need import Side
from gatebot.evidence.profile import Profile
from gatebot.evidence.snapshot import SnapshotProvenance
from gatebot.sandbox import reachable
from tests.collect.repository import document, git, job, repository, write


def about(root: Path, cache: Path, **sections: Any) -> SnapshotProvenance:
    return collect([Profile(Side.HEAD)], job(root, cache, document(**sections)))[Side.HEAD].about


def test_it_says_what_was_trained_and_how_far_it_was_kept_apart(open_path: Path, shared_cache: Path) -> None:
    root = repository(open_path / "repo")
    found = about(root, shared_cache)
    assert (found.project, found.task, found.commit) == ("tickets", "classification", git(root, "rev-parse", "HEAD"))
    assert found.isolation == reachable()
    assert found.estimand == "recipe"
    assert {"python", "implementation", "threads", "device"} <= set(found.environment)
    assert found.runner == runner()


def test_eval_digest_follows_ids_contents_and_labels_and_not_their_order(open_path: Path, shared_cache: Path) -> None:
    root = repository(open_path / "repo")
    head, *lines = (root / "data/tickets.csv").read_text().splitlines()
    versions = {
        "as it was": lines,
        "in another order": lines[::-1],
        "another label": [lines[0].replace("no,", "yes,"), *lines[1:]],
        "another value": [lines[0].replace(",a,", ",b,"), *lines[1:]],
        "another id": [lines[0].replace("t0000", "t9999"), *lines[1:]],
        "a train row": [lines[0], lines[1].replace(",b,", ",a,"), *lines[2:]],
    }
    found = {}
    for name, version in versions.items():
        write(root, {"data/tickets.csv": "\n".join([head, *version]) + "\n"})
        found[name] = about(root, shared_cache)
    same = {name for name, each in found.items() if each.eval_digest == found["as it was"].eval_digest}
    assert same == {"as it was", "in another order", "a train row"}
    assert len({each.data_version for each in found.values()}) == len(versions)


def test_the_data_version_is_that_of_the_files_that_stand_for_it(open_path: Path, shared_cache: Path) -> None:
    root = repository(open_path / "repo", {"data.dvc": "md5: 1"})
    pointed = {"data": {"version": {"files": ["data.dvc"]}}}
    first = about(root, shared_cache, **pointed).data_version
    write(root, {"data/tickets.csv": (root / "data/tickets.csv").read_text().replace("t0001", "t1001")})
    assert about(root, shared_cache, **pointed).data_version == first
    write(root, {"data.dvc": "md5: 2"})
    assert about(root, shared_cache, **pointed).data_version != first


@pytest.mark.parametrize(
    ("sections", "matters"),
    [
        ({"smoke": {"train_rows": 7}}, True),
        ({"smoke": {"device": "cuda"}}, True),
        ({"data": {"target": "kind"}}, True),
        ({"task": "scores"}, True),
        ({"policy": {"mode": "observe"}}, False),
        ({"metrics": [{"metric": "accuracy", "margin": 0.1}]}, False),
        ({"smoke": {"budget": "9h"}}, False),
        ({"smoke": {"setup": "true"}}, False),
    ],
)
def test_only_rules_that_evidence_depends_on_count(sections: dict[str, Any], matters: bool) -> None:
    changed = rules_digest("p", document(**sections).rules) != rules_digest("p", document().rules)
    assert changed is matters
    assert rules_digest("p", document().rules) != rules_digest("q", document().rules)


def test_every_part_of_the_recipe_counts() -> None:
    digests = {
        recipe_digest(document(**sections).recipe)
        for sections in (
            {},
            {"smoke": {"setup": "true"}},
            {"model": {"python": "other.py"}},
            {"data": {"path": "x.csv"}},
        )
    }
    assert len(digests) == 4


def test_what_an_interpreter_says_of_itself_is_only_short_text(tmp_path: Path) -> None:
    question = job(repository(tmp_path / "repo"), tmp_path)
    found = environment_of(
        question, {"distributions": {"n" * 500: "v" * 500, "gone": None}, "facts": ["not", "a", "dict"]}
    )
    assert found == {"n" * 100: "v" * 100, "threads": str(question.threads), "device": "cpu"}
    assert environment_of(question, {}) == {}
