"""Every mistake in a gatebot.yml is told at once, with its line, its path and what was probably meant."""

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatebot.config.document import Rules
from gatebot.config.load import load, parse
from gatebot.config.quantity import Margin, Share
from gatebot.errors import ExitCode, UsageError

SMALLEST = "model: {python: pipeline.py}\n"


def problems(text: str) -> list[str]:
    with pytest.raises(UsageError) as caught:
        parse(text)
    assert caught.value.exit_code is ExitCode.USAGE
    assert caught.value.hint
    return caught.value.message.splitlines()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("projct: x", "gatebot.yml:2: projct: unknown key; did you mean `project`?"),
        ("data: {targt: y}", "gatebot.yml:2: data.targt: unknown key; did you mean `target`?"),
        ("data: {encoding: utf-9}", "data.encoding: is no encoding; usual ones are utf-8, utf-16, cp1252"),
        ("data: {encoding: zip}", "data.encoding: is no encoding of data files"),
        ("data: {separator: dot}", "data.separator: input should be 'auto', 'comma'"),
        ("data: {header: 0}", "data.header"),
        ("data: {decimal: ';'}", "data.decimal: input should be '.' or ','"),
        ("data: {quote: ab}", "data.quote: must be one character"),
        ("data: {columns: [a, a]}", "`columns` names 'a' twice"),
        ("data: {types: {zip: txt}}", "data.types"),
        ("data: {missing: [null]}", "data.missing[0]"),
        ("data: {split: {colum: z}}", "data.split: {'colum': 'z'} fits none of the forms that this key takes"),
        ("data: {addresses: [https://h/../]}", "data.addresses[0]: is no address or prefix of addresses: `..` in its"),
        ("data: {addresses: [{prefix: s3://b/*/}]}", "is no address or prefix of addresses: a prefix takes neither"),
        ("data: {addresses: [{secrets: [A]}]}", "data.addresses[0].prefix: is missing"),
        ("smoke: {train_rows: many}", "smoke.train_rows: 'many' is not a quantity such as 2000 or 10%"),
        ("smoke: {budget: 5 parsecs}", "unit 'parsecs' is not one of"),
        ("smoke:\n  seeds: 2\n  seeds: 3", "gatebot.yml:4: smoke.seeds: `seeds` stands twice (first on line 3)"),
        ("metrics: [{metric: f1, margin: -1}]", "metrics[0].margin: -1 is not a quantity"),
        ("metrics: [{metric: f1, of: no}]", "metrics[0].of: False must be a text: put it in quotes"),
        ("metrics: [{margin: 1}]", "give exactly one of `metric` and `python`"),
        ("metrics: [{python: m.py:cost}]", "needs `direction: higher` or `direction: lower`"),
        ("metrics: [{metric: f1, margin: 0.1, improve_by: 0.1}]", "either `improve_by`, or `margin` and `warn`"),
        ("metrics: [{metric: f1, margin: automatic}]", "metrics[0].margin: 'automatic' is not a quantity such as"),
        ("metrics: [{metric: f1, slice: a, margin: auto}]", "metrics[0]: `margin: auto` is for a metric of the"),
        ("policy: {block: [P0], warn: [P0]}", "P0 stands in more than one of"),
        ("policy: {block: [P9]}", "policy.block[0]: input should be 'P0'"),
        ("waivers: [{check: a, owner: b, reason: c}]", "waivers[0].until: is missing"),
        ("version: 2", "version: input should be 1"),
        ("behaviour: [a.yml]", "behaviour: is reserved: this version does not read it yet"),
        ("data: {labels: private}", "data.labels: is reserved"),
        ("serving: {url: 'http://x'}", "serving: is reserved"),
        ("data: {path: a.csv, train: b.csv, eval: c.csv}", "either `path`, or `train` and `eval`, not both"),
        ("project: ../../etc", "project: string should match pattern"),
    ],
)
def test_a_mistake_is_told_with_its_place(text: str, problem: str) -> None:
    (only,) = problems(SMALLEST + text)
    assert problem in only


PROMISE = "guarantee: {condition: 'n - o > -0.02 +/- 0.01'}"
BROUGHT = "model: {predictions: answers.csv}\n"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            SMALLEST + PROMISE,
            "gatebot.yml:2: guarantee: holds for fixed models only: what gatebot trains is trained anew",
        ),
        ("model: {train: a, predict: b}\n" + PROMISE, "bring predictions (`model.run` or `model.predictions`)"),
        (BROUGHT + "data: {group: customer}\n" + PROMISE, "gatebot.yml:3: guarantee: needs independent rows"),
        (BROUGHT + "data: {split: {folds: 5}}\n" + PROMISE, "with folds each row has another"),
        (BROUGHT + "task: scores\n" + PROMISE, "accuracies, which `task: scores` has not"),
        (
            BROUGHT + "guarantee:\n  steps: 3\n  condition: n - o >= 2",
            "gatebot.yml:4: guarantee.condition: n, o, d, a number or an operator expected, not `=`, at character 8",
        ),
        (BROUGHT + "guarantee: {condition: \"__import__('os')\"}", "guarantee.condition: n, o, d, a number"),
        (BROUGHT + "guarantee: {condition: n > 0 +/- 0}", "guarantee.condition: a tolerance of 0"),
        (BROUGHT + "guarantee: {steps: 3}", "guarantee.condition: is missing"),
        (BROUGHT + "guarantee: {condition: n > 0 +/- 1, steps: 0}", "guarantee.steps: input should be greater"),
        (
            BROUGHT + "guarantee: {condition: n > 0 +/- 1, reliability: 1}",
            "guarantee.reliability: input should be less",
        ),
        (BROUGHT + "guarantee: {condition: n > 0 +/- 1, mode: fp_free}", "guarantee.mode: input should be 'fp-free'"),
        (BROUGHT + "guarantee: {condition: n > 0 +/- 1, adaptivity: some}", "guarantee.adaptivity: input should be"),
        (BROUGHT + "guarantee: {condition: n > 0 +/- 1, relibility: 0.9}", "did you mean `reliability`?"),
    ],
)
def test_a_guarantee_that_cannot_be_given_is_told_once(text: str, problem: str) -> None:
    (only,) = problems(text)
    assert problem in only


def test_a_guarantee_belongs_to_the_base_branch_and_has_the_promised_defaults() -> None:
    rules = parse(BROUGHT + PROMISE).rules
    assert rules.guarantee is not None
    promise = rules.guarantee.promise
    assert (promise.reliability, promise.steps, promise.adaptivity, promise.mode) == (0.999, 32, "full", "ternary")
    assert Rules.model_validate_json(rules.model_dump_json(by_alias=True)) == rules
    assert parse(BROUGHT).rules.guarantee is None


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "the file is empty"),
        ("- a", "not a mapping"),
        ("a: [1", "not YAML"),
        ("\x00", "not YAML"),
        ("model: &a {train: *a}", "aliases"),
        ("? [a, b]\n: c", "a key must be a plain word"),
        ("model: {train: x}", "`train` and `predict` come together"),
        ("model: {python: a.py, run: make}", "exactly one of"),
        ("data: {}", "model: is missing"),
        ("!!python/object/apply:os.system ['true']", "gatebot.yml:1:"),
    ],
)
def test_what_is_no_configuration_at_all(text: str, problem: str) -> None:
    assert any(problem in line for line in problems(text))


def test_all_mistakes_are_told_at_once_in_the_order_of_the_file() -> None:
    text = "projct: x\ndata: {targt: y}\nsmoke: {train_rows: many}\nmodel: {}\n"
    lines = [int(problem.split(":")[1]) for problem in problems(text)]
    assert lines == [1, 2, 3, 4]


def test_an_alias_bomb_is_refused() -> None:
    layers = "\n".join(f"k{n}: &k{n} [{', '.join([f'*k{n - 1}'] * 9)}]" for n in range(1, 9))
    assert any("too large" in problem for problem in problems(f"k0: &k0 [x, x]\n{layers}"))


def nested_by_aliases(depth: int) -> str:
    """Values that no line nests, and keys that are refused before what stands behind them is looked at."""
    links = "".join(f"? [key]\n: &a{at} [{f'*a{at - 1}' if at else 1}]\n" for at in range(depth))
    return f"{links}last: *a{depth - 1}\n"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("version: !!bool maybe", "cannot read 'maybe' as 'bool'"),
        ("version: !!int ''", "cannot read '' as 'int'"),
        ("version: !!float ''", "cannot read '' as 'float'"),
        ("version: !!timestamp soon", "cannot read 'soon' as 'timestamp'"),
        (f"version: 0x{'f' * 20_000}", "a number of more than 400 characters is none"),
        (f"version: {':'.join(['1'] * 20_000)}", "a number of more than 400 characters is none"),
        (nested_by_aliases(3000), "is nested deeper than 100 levels"),
        ("[" * 5000, "nested deeper than 100 levels"),
        ("paths: [" + "a," * 30_000 + "]", "more than 20,000 values"),
    ],
)
def test_values_that_no_reader_expects_are_told_like_any_mistake(text: str, problem: str) -> None:
    assert any(problem in line for line in problems(text))


def test_defaults_are_those_of_the_design() -> None:
    document = parse(SMALLEST)
    assert document.smoke.train_rows == 2000
    assert document.smoke.budget == 1800
    assert document.smoke.memory == 4 * 2**30
    assert document.policy.block == ("P0", "P1")
    assert document.data.split == "auto"
    assert document.smoke.network.setup
    assert not document.smoke.network.train


def test_quantities_are_read_as_people_write_them() -> None:
    document = parse(
        SMALLEST + "smoke: {train_rows: 10%, timeout: 90s, memory: 500MB}\n"
        "metrics: [{metric: log_loss, margin: 5%}, {metric: recall, of: 3, margin: 0.02}]\n"
    )
    assert document.smoke.train_rows == Share(0.1)
    assert document.smoke.timeout == 90
    assert document.smoke.memory == 500_000_000
    assert [rule.margin for rule in document.metrics] == [Margin(0.05, relative=True), Margin(0.02)]
    assert document.metrics[1].of == "3"


def test_each_half_has_its_own_keys_and_no_other() -> None:
    document = parse(SMALLEST + "data: {path: x.csv, target: y}\nsmoke: {setup: pip install x, seeds: 3}")
    rules, recipe = document.rules, document.recipe
    assert rules.data.target == "y"
    assert rules.smoke.seeds == 3
    assert recipe.data.path == ("x.csv",)
    assert recipe.smoke.setup == "pip install x"
    assert not hasattr(rules, "model")
    assert not hasattr(rules.data, "path")
    assert not hasattr(recipe.data, "target")
    assert not hasattr(recipe, "policy")


def test_rules_survive_being_stored_beside_the_evidence() -> None:
    rules = parse(
        SMALLEST + "smoke: {train_rows: 7%, env: {pass: [A]}}\nbaseline: {from: folder, location: x}\n"
        "metrics: [{metric: log_loss, margin: 7%}]\npolicy: {likelihood: [{paths: a, raise: ['data.*']}]}"
    ).rules
    assert Rules.model_validate_json(rules.model_dump_json(by_alias=True)) == rules


def test_a_missing_file_says_what_writes_one(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such file") as caught:
        load(tmp_path / "gatebot.yml")
    assert "gatebot init" in caught.value.hint


@given(st.text(max_size=300) | st.binary(max_size=300).map(lambda raw: raw.decode("latin-1")))
def test_any_text_is_a_configuration_or_a_usage_error(text: str) -> None:
    with suppress(UsageError):
        parse(text)


def test_columns_of_single_metrics_are_slices_too() -> None:
    rules = parse(
        SMALLEST + "data: {slices: [region], protected: [age]}\n"
        "metrics: [{metric: recall, slice: channel}, {metric: accuracy, slice: region}]"
    ).rules
    assert rules.slice_columns == ("region", "age", "channel")


def test_the_addresses_of_a_file_are_allowed_by_it_unless_it_says_which_are() -> None:
    own = parse(SMALLEST + "data: {train: ['https://h/a.csv?sig=1', b.csv], eval: s3://b/*.csv}")
    assert [each.prefix for each in own.rules.data.addresses or ()] == ["https://h/a.csv?sig=1", "s3://b/*.csv"]
    said = parse(
        SMALLEST + "data: {path: https://h/a.csv, addresses: [https://h/sets/, {prefix: s3://b/, private: on}]}"
    )
    given = said.rules.data.addresses or ()
    assert [(each.prefix, each.private, each.secrets) for each in given] == [
        ("https://h/sets/", False, ()),
        ("s3://b/", True, ()),
    ]
    assert parse(SMALLEST + "data: {path: a.csv}").rules.data.addresses == ()
