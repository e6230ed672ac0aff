"""Problems of the delivered predictions of a classification."""

from collections.abc import Iterable, Iterator

import numpy as np

from gatebot.evidence.column import Floats, Names, Numbers, label
from gatebot.evidence.predictions import Predictions
from gatebot.evidence.truth import Truth
from gatebot.tasks.delivered import wrong_lengths
from gatebot.tasks.labels import PREFIX, ROUNDING, SINGLE, as_names, ordered
from gatebot.tasks.task import Facts, Problem

OFF_BY = 1e-3
"""Allowed difference of the sum of probabilities from 1, due to float32 and rounding in files."""

EXACT = 1e-9
"""How far outside [0, 1] a probability is not even told of."""

MOST_NAMED = 5


def of_shape(predictions: Predictions, truth: Truth, classes: tuple[str, ...]) -> Iterator[Problem]:
    """Yield missing columns, wrong types and unknown classes; `classes` are those of training and eval data."""
    columns = predictions.columns
    yield from wrong_lengths(predictions)
    known = {*classes, *as_names(truth.target).names}
    scores = [name for name in columns if name == SINGLE or name.startswith(PREFIX)]
    prediction = columns.get("prediction")
    if prediction is None and not scores:
        yield Problem("missing_column", "there is neither a column `prediction` nor probabilities `score_<class>`", {})
    if isinstance(prediction, Numbers) and (strange := _fractions(prediction.values)).size:
        yield Problem(
            "numeric_labels",
            "`prediction` holds numbers such as {example} where labels belong; probabilities go into `score_<class>`",
            {"rows": strange.size, "example": float(strange[0])},
        )
    elif prediction is not None:
        named = as_names(prediction)
        used = {named.names[code] for code in np.unique(named.codes[named.codes >= 0])}
        yield from _unknown(
            "unknown_class", "`prediction` names {classes}, known in neither train nor eval data", used, known
        )
    for name in scores:
        if isinstance(columns[name], Names):
            yield Problem("score_not_numeric", "`{column}` holds text where probabilities belong", {"column": name})
    named_scores = {label(name.removeprefix(PREFIX)) or "" for name in scores if name != SINGLE}
    yield from _unknown(
        "unknown_score",
        "there are probabilities of {classes}, known in neither train nor eval data",
        named_scores,
        known,
    )
    if SINGLE in scores and (named_scores or len(as_names(truth.target).names) > 2):
        yield Problem(
            "ambiguous_score",
            "one column `score` says enough of two classes only, and there are {classes}: give `score_<class>`",
            {"classes": len(known)},
        )


def of_range(predictions: Predictions) -> Iterator[Problem]:
    """Yield missing labels, NaN, infinity, and probabilities outside [0, 1] or not summing to 1."""
    prediction = predictions.columns.get("prediction")
    if prediction is not None and (missing := int((as_names(prediction).codes < 0).sum())):
        yield Problem("missing_prediction", "{rows} rows have no predicted label", {"rows": missing})
    columns = {
        name: column.values
        for name, column in predictions.columns.items()
        if isinstance(column, Numbers) and (name == SINGLE or name.startswith(PREFIX))
    }
    for name, values in columns.items():
        yield from _outside(name, values)
    given = [values for name, values in columns.items() if name != SINGLE]
    if len(given) > 1 and len({len(values) for values in given}) == 1:
        with np.errstate(all="ignore"):
            off = np.abs(np.sum(given, axis=0) - 1.0)
        if wrong := int((off > OFF_BY).sum()):
            yield Problem(
                "probability_sum",
                "the probabilities of {rows} rows do not sum to 1; the worst is {off} away",
                {"rows": wrong, "off": float(off[np.isfinite(off)].max(initial=0.0))},
            )


def _outside(name: str, values: Floats) -> Iterator[Problem]:
    finite = np.isfinite(values)
    if not finite.all():
        facts: Facts = {"column": name, "rows": int((~finite).sum())}
        yield Problem("not_finite", "`{column}` is not a number in {rows} rows", facts)
    inside = values[finite]
    beyond = np.maximum(-inside, inside - 1.0)
    wrong = inside[beyond > ROUNDING]
    if wrong.size:
        yield Problem(
            "probability_out_of_range",
            "`{column}` is outside [0, 1] in {rows} rows, {example} for one",
            {"column": name, "rows": wrong.size, "example": float(wrong[0])},
        )
    elif rounded := int((beyond > EXACT).sum()):
        yield Problem(
            "probability_rounded",
            "`{column}` is outside [0, 1] by rounding in {rows} rows, by {off} at most; it is clipped",
            {"column": name, "rows": rounded, "off": float(beyond.max())},
            corrected=True,
        )


def _fractions(values: Floats) -> Floats:
    strange: Floats = values[np.isfinite(values) & (values != np.round(values))]
    return strange


def _unknown(code: str, says: str, used: Iterable[str], known: set[str]) -> Iterator[Problem]:
    if strange := ordered(set(used) - known):
        more = f" and {len(strange) - MOST_NAMED} more" if len(strange) > MOST_NAMED else ""
        yield Problem(code, says, {"classes": ", ".join(strange[:MOST_NAMED]) + more, "count": len(strange)})
