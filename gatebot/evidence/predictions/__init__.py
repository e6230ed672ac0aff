"""Predictions of a trained model: on the eval rows, and on other rows that checks ask about."""

from gatebot.evidence.kind import Kind
from gatebot.evidence.predictions.need import Predict
from gatebot.evidence.predictions.rows import (
    EVAL,
    TRAIN,
    Batches,
    CaseRows,
    EvalRows,
    ExchangedRows,
    InvalidRows,
    NearCopies,
    PerturbedRows,
    RepeatedRows,
    Rows,
    ShuffledRows,
    TrainRows,
)
from gatebot.evidence.predictions.value import Copied, Predictions

__all__ = [
    "EVAL",
    "KIND",
    "TRAIN",
    "Batches",
    "CaseRows",
    "Copied",
    "EvalRows",
    "ExchangedRows",
    "InvalidRows",
    "NearCopies",
    "PerturbedRows",
    "Predict",
    "Predictions",
    "RepeatedRows",
    "Rows",
    "ShuffledRows",
    "TrainRows",
]

KIND = Kind(Predict, Predictions, lambda need, session: session.predict(need))
