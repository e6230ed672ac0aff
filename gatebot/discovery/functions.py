"""Finds functions that train, predict or make a model, with any of the usual names and parameters."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from gatebot.discovery.code import Function, Module
from gatebot.discovery.entrypoints import Builder, Functions, Native, Way
from gatebot.discovery.preparation import preparation
from gatebot.discovery.search_context import SearchContext, chosen, dumped, import_name

OFFERED = ("rows", "seed", "out", "device", "budget_s", "report", "assets")
TRAINS = (
    "train",
    "fit",
    "train_model",
    "fit_model",
    "run_training",
    "train_and_save",
    "training",
    "build_and_train",
    "fit_pipeline",
    "train_pipeline",
    "main",
)
PREDICTS = (
    "predict",
    "predict_batch",
    "predict_proba",
    "predict_model",
    "make_predictions",
    "infer",
    "inference",
    "predict_labels",
    "score_rows",
    "run_inference",
)
BUILDS = re.compile(r"^(make|build|get|create|new)_(model|pipeline|estimator|classifier|regressor|pipe|clf)$")
OBJECTS = ("pipeline", "pipe", "model", "clf", "estimator", "PIPELINE", "MODEL", "regressor")
MODELS = (
    "model",
    "clf",
    "pipeline",
    "pipe",
    "estimator",
    "classifier",
    "regressor",
    "reg",
    "trained_model",
    "fitted",
    "best_model",
    "final_model",
    "fitted_model",
    "model_pipeline",
    "final_pipeline",
)

ROWS = frozenset(
    {
        "rows",
        "df",
        "data",
        "dataset",
        "train_df",
        "df_train",
        "train_data",
        "frame",
        "train",
        "dataframe",
        "train_set",
        "table",
        "test_df",
        "new_data",
        "batch",
    }
)
QUESTIONS = frozenset(
    {"X", "x", "features", "X_train", "x_train", "texts", "docs", "inputs", "X_test", "documents", "sentences"}
)
ANSWERS = frozenset({"y", "Y", "target", "targets", "labels", "y_train"})
SEEDS = frozenset({"seed", "random_state", "random_seed", "rng_seed"})
PATHS = frozenset(
    {
        "path",
        "data_path",
        "csv_path",
        "input_path",
        "train_path",
        "train_file",
        "data_file",
        "input_file",
        "filename",
        "train_csv",
        "csv_file",
    }
)
OUTS = frozenset({"out", "output", "output_path", "model_path", "model_file", "save_path", "out_path", "model_out"})
TARGETS = frozenset({"target_col", "target_column", "label_col", "label_column", "target_name"})
SETTINGS = frozenset({"params", "config", "cfg", "conf", "settings", "hparams", "hyperparams"})


def natives(context: SearchContext, wanted: str | None) -> Iterator[Way]:
    """Yield files that already have the functions that gatebot calls."""
    for one in chosen(context, wanted):
        train, predict = one.functions.get("train"), one.functions.get("predict")
        if train is None or predict is None or train.returns is None or not one.guarded:
            continue
        if _is_called_as_it_is(train, (ROWS,)) and _is_called_as_it_is(predict, (MODELS, ROWS)):
            yield Native(str(one.path))


def _is_called_as_it_is(function: Function, first: Sequence[Collection[str]]) -> bool:
    """Return whether a function's first parameters are these, and the others are offered by name."""
    given, others = function.parameters[: len(first)], function.parameters[len(first) :]
    own_names = {each.name for each in others} & (set(SEEDS) | set(OUTS)) - set(OFFERED)
    return (
        [each.name in names and not each.path for each, names in zip(given, first, strict=False)] == [True] * len(first)
        and all(each.name in OFFERED for each in others if each.required)
        and not own_names
    )


def functions(context: SearchContext, wanted: str | None) -> Iterator[Way]:
    """Yield functions that take rows, features and labels, or a path, and that return or save a model."""
    answering = [
        (one, each)
        for one in context.modules
        if one.importable
        for name in PREDICTS
        if (each := one.functions.get(name))
    ]
    for one in chosen(context, wanted):
        if not one.importable:
            continue
        for name in TRAINS:
            train = one.functions.get(name)
            values = None if train is None else _values(train, _train_values(context))
            if (
                train is None
                or values is None
                or not {"rows", "features(rows)", "table(rows, out)"} & set(values.values())
            ):
                continue
            found = _with_answers(context, one, train, values, answering)
            if found is not None:
                yield _prepared(context, found)
                break


def _prepared(context: SearchContext, way: Functions) -> Functions:
    """Add the function through which rows go before they are trained on, if there is one."""
    if not {"rows", "features(rows)"} & set(way.values.values()):
        return way
    names = [way.train.name, *([way.predict.name] if way.predict is not None else [])]
    return replace(way, prepare=preparation(context, way.folder, names, ROWS))


def _with_answers(
    context: SearchContext,
    one: Module,
    train: Function,
    values: Mapping[str, str],
    answering: Sequence[tuple[Module, Function]],
) -> Functions | None:
    module, folder = import_name(context, one)
    keeps = train.returns or ()
    saved = ""
    if not any(name in MODELS or (name == "" and len(keeps) == 1) for name in keeps):
        saved = next((value for value in values.values() if value.startswith("str(Path(out")), "") or next(
            (repr(path) for path in dumped(one)), ""
        )
        if not saved:
            return None
        keeps = ()
    state = {name: f'model["{name}"]' for name in keeps if name} if len(keeps) > 1 else dict.fromkeys(MODELS, "model")
    near = sorted(answering, key=lambda pair: (pair[0] is not one, pair[0].path.parent != one.path.parent))
    for other, predict in near:
        asked = _values(predict, {**_predict_values(context), **state})
        if (
            asked is not None
            and any(value.startswith("model") for value in asked.values())
            and predict.returns is not None
        ):
            return Functions(
                module,
                folder,
                train,
                values,
                predict,
                asked,
                import_name(context, other)[0],
                keeps if len(keeps) > 1 else (),
                saved,
            )
    if len(keeps) > 1 and not any(name in MODELS for name in keeps):
        return None
    return Functions(module, folder, train, values, keeps=keeps if len(keeps) > 1 else (), saved=saved)


def _values(function: Function, known: Mapping[str, str]) -> dict[str, str] | None:
    """Return the expression to pass for each parameter, or None if a required one is unknown."""
    values = {}
    for each in function.parameters:
        value = known.get(f"path:{each.name}" if each.path and f"path:{each.name}" in known else each.name)
        if value is not None:
            values[each.name] = value
        elif each.required:
            return None
    return values


def _train_values(context: SearchContext) -> dict[str, str]:
    return {
        **_common_values(context),
        **dict.fromkeys(ANSWERS, "rows[TARGET]"),
        **dict.fromkeys(OUTS, 'str(Path(out) / "model.joblib")'),
        **{f"path:{name}": "table(rows, out)" for name in PATHS | ROWS},
        **dict.fromkeys(PATHS, "table(rows, out)"),
    }


def _predict_values(context: SearchContext) -> dict[str, str]:
    return {**_common_values(context), **{f"path:{name}": "table(rows, out)" for name in PATHS | ROWS}}


def _common_values(context: SearchContext) -> dict[str, str]:
    settings = dict.fromkeys(SETTINGS, "settings()") if context.settings_file else {}
    return {
        **dict.fromkeys(ROWS, "rows"),
        **dict.fromkeys(QUESTIONS, "features(rows)"),
        **dict.fromkeys(SEEDS, "seed"),
        **dict.fromkeys(TARGETS, "TARGET"),
        **settings,
    }


def builders(context: SearchContext, wanted: str | None) -> Iterator[Way]:
    """Yield functions and objects that provide an unfitted model."""
    for one in chosen(context, wanted):
        if not one.importable:
            continue
        module, folder = import_name(context, one)
        for name, each in one.functions.items():
            values = _values(
                each,
                {
                    **dict.fromkeys(SEEDS, "seed"),
                    **(dict.fromkeys(SETTINGS, "settings()") if context.settings_file else {}),
                },
            )
            if BUILDS.match(name) and values is not None and each.returns is not None:
                yield Builder(module, folder, name, values, prepare=preparation(context, folder, [name], ROWS))
                break
        else:
            named = [name for name in one.objects if name in OBJECTS]
            if named:
                yield Builder(module, folder, named[0], {}, is_object=True)


def classes(context: SearchContext, wanted: str | None) -> Iterator[Way]:
    """Yield classes with `fit` and `predict` that are given what is known: the first of each module."""
    for one in chosen(context, wanted):
        if one.importable and (found := _class(context, one)) is not None:
            yield found


def _class(context: SearchContext, one: Module) -> Builder | None:
    module, folder = import_name(context, one)
    known = {**_common_values(context), **dict.fromkeys(ANSWERS, "rows[TARGET]")}
    for each in one.classes.values():
        start, fit, predict = (each.methods.get(name) for name in ("__init__", "fit", "predict"))
        if fit is None or predict is None:
            continue
        values = {} if start is None else _values(start, dict.fromkeys(SEEDS, "seed"))
        fitted, asked = _values(fit, known), _values(predict, _common_values(context))
        if values is None or not fitted or not asked or not {"rows", "features(rows)"} & set(fitted.values()):
            continue
        given = tuple(f"{name}={value}" for name, value in fitted.items())
        return Builder(module, folder, each.name, values, fitted=given, asked=next(iter(asked.values())))
    return None
