"""Fits the linear reference model. This program runs in the sandbox: JSON in, JSON out."""

import json
import resource
import signal
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd

HASHED = 2**14  # the number of hash buckets for the words of a text column
ANSWER = "answer.json"
FEW = 50  # the maximum number of one-hot categories per column

Cells = dict[str, list[Any]]


def main() -> None:
    """Answer the request file that is named on the command line: `{train, kinds, labels, asked, seconds}`."""
    question = json.loads(Path(sys.argv[1]).read_bytes())
    limit(question.pop("seconds"))
    try:
        answer: dict[str, Any] = fitted(**question)
    except OutOfTimeError:
        answer = {"late": True}
    except (ValueError, TypeError, MemoryError, ArithmeticError) as error:
        answer = {"problem": f"{type(error).__name__}: {error}"[:300]}
    Path(ANSWER).write_text(json.dumps(answer))


class OutOfTimeError(Exception):
    """The processor's seconds are used up."""


def limit(seconds: int) -> None:
    """Raise an error in this process after so many seconds of the processor; a busy machine does not shorten them."""

    def stop(*_: object) -> None:
        raise OutOfTimeError

    signal.signal(signal.SIGXCPU, stop)
    _, most = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (seconds if most == resource.RLIM_INFINITY else min(seconds, most), most))


def fitted(train: Cells, kinds: dict[str, str], labels: list[Any], asked: list[Cells]) -> dict[str, Any]:
    """Fit a logistic or ridge regression on scaled numbers, one-hot categories and hashed words, and predict.

    Args:
        train: the columns of the training rows.
        kinds: the kinds of the columns, as in `ColumnProfile`.
        labels: the labels of these rows: text for classes, else numbers; null if a row has none.
        asked: the columns of the rows to predict, for each set of rows.

    Returns:
        `classes`, empty for numbers, and `values`: for each set a matrix of shape [n, classes] or [n, 1].

    Raises:
        ValueError: the training rows have fewer than two different labels.
    """
    from sklearn.linear_model import LogisticRegression, Ridge
    from sklearn.pipeline import make_pipeline

    warnings.simplefilter("ignore")  # a model that did not converge still serves as a reference
    known = np.array([label is not None for label in labels])
    learned = [label for label in labels if label is not None]
    names = any(isinstance(label, str) for label in learned)
    if len(set(learned)) < 2:
        raise ValueError("the rows to train on have one label")
    final: Any = LogisticRegression(max_iter=200) if names else Ridge()
    model: Any = make_pipeline(_features(kinds), final)
    model.fit(_frame(train, kinds)[known], np.array(learned))
    values = [_predicted(model, _frame(cells, kinds), names=names).tolist() for cells in asked]
    return {"classes": [str(name) for name in final.classes_] if names else [], "values": values}


def _predicted(model: Any, frame: "pd.DataFrame", *, names: bool) -> NDArray[np.float64]:
    matrix: NDArray[np.float64] = model.predict_proba(frame) if names else model.predict(frame).reshape(-1, 1)
    return matrix


def _features(kinds: dict[str, str]) -> Any:
    from sklearn.compose import ColumnTransformer
    from sklearn.feature_extraction.text import HashingVectorizer
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    numbers = [name for name, kind in kinds.items() if kind in ("number", "integer", "time")]
    names = [name for name, kind in kinds.items() if kind in ("category", "boolean")]
    words = [name for name, kind in kinds.items() if kind == "text"]
    scaled = make_pipeline(SimpleImputer(strategy="median", keep_empty_features=True), StandardScaler())
    steps: list[tuple[str, Any, Any]] = [
        ("numbers", scaled, numbers),
        ("names", OneHotEncoder(handle_unknown="infrequent_if_exist", max_categories=FEW), names),
    ]
    steps += [(f"words {name}", HashingVectorizer(n_features=HASHED), name) for name in words]
    return ColumnTransformer(steps)


def _frame(cells: Cells, kinds: dict[str, str]) -> "pd.DataFrame":
    import pandas as pd

    columns: dict[str, Any] = {}
    for name, values in cells.items():
        match kinds[name]:
            case "number" | "integer":
                numbers = pd.to_numeric(pd.Series(values, dtype=object), errors="coerce").astype(float)
                columns[name] = numbers.replace([np.inf, -np.inf], np.nan)
            case "time":
                times = pd.to_datetime(pd.Series(values, dtype=object), errors="coerce", utc=True, format="mixed")
                columns[name] = times.map(lambda moment: np.nan if moment is pd.NaT else moment.timestamp())
            case _:
                columns[name] = ["" if value is None else str(value) for value in values]
    return pd.DataFrame(columns)


if __name__ == "__main__":
    main()
