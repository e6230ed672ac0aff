"""One piece of evidence of each kind, for what must hold for all kinds."""

from collections.abc import Mapping
from datetime import UTC, datetime

import numpy as np

from gatebot.evidence.column import Names, Numbers
from gatebot.evidence.column_sketches import ColumnKind, ColumnSketch, ColumnSketches, TableSketch
from gatebot.evidence.effects import Effects, Ending
from gatebot.evidence.external_result import Alert, ExternalFile, ExternalResult, Format, Severity
from gatebot.evidence.files_read import FilesRead, ReadFiles
from gatebot.evidence.history import History, RunHistory, RunValue
from gatebot.evidence.kind import Evidence
from gatebot.evidence.leakage import Aggregate, ColumnModel, Leakage, LeakageTraces
from gatebot.evidence.metrics_file import MetricsFile, ReportedMetrics
from gatebot.evidence.need import Need, Side
from gatebot.evidence.operation import Operation, OperationRuns, ProcessRun
from gatebot.evidence.own_score import OwnScore, Score
from gatebot.evidence.predictions import Copied, PerturbedRows, Predict, Predictions
from gatebot.evidence.profile import ColumnProfile, DataProfile, Levels, Overlap, Profile, RowTable, Trait
from gatebot.evidence.service import Endpoint, Service, ServiceProbe
from gatebot.evidence.side_effects import Observed, SideEffects
from gatebot.evidence.training import Fit, Training

IDS = np.arange(5, dtype=np.uint64)
LABELS = Names(np.array([0, 1, -1, 1, 0], dtype=np.int32), ("no", "yes"))
SCORES = Numbers(np.array([0.0, 0.25, 0.5, 0.75, 1.0]))
EFFECTS = Effects(Ending.OK, 0, 1.5, 1.25, 10**8, ("epoch 1", "epoch 2"))
FIT = Fit(Side.HEAD, seed=1)
PREDICT = Predict(FIT, PerturbedRows("noise", "amount", 0.5))
ROWS = RowTable(IDS, IDS * 7, IDS // 2, IDS * 0, {"channel": LABELS}, (Levels("channel", Trait.VALUE, LABELS),))
SKETCH = ColumnSketch(
    *("amount", ColumnKind.NUMBER, 9, 1, 1, 1, 0.5, 9.5, 4.0, 50.0),
    means=np.array([0.5, 1.5, 9.5]),
    weights=np.array([1.0, 3.0, 2.0]),
    hashes=np.array([1, 5, 2**63], dtype=np.uint64),
    frequent={"1.5": 3, "9.5": 2},
    excess=1,
)
WORDS = ColumnSketch("words", ColumnKind.EMPTY, 9, 9, frequent={})
COLUMN = ColumnProfile("amount", "number", 9, 1, 8, 0.5, 9.5, 4.0, 1.0, (0.5, 9.5), top={"1.5": 2})

EXAMPLES: Mapping[str, tuple[Need, Evidence]] = {
    "training": (FIT, Training(EFFECTS, 2000, "rows", 10**6, (1.0, 0.5))),
    "predictions": (
        PREDICT,
        Predictions(EFFECTS, IDS, {"prediction": LABELS, "score_yes": SCORES}, copied=Copied("old.csv", 5, 4)),
    ),
    "profile": (
        Profile(Side.HEAD),
        DataProfile(
            *(
                9,
                4,
                (COLUMN,),
                ("text",),
                ROWS,
                Overlap(1, 2, 3, ("a",)),
                1,
                2,
                {"no": 2},
                (0.0, 1.0),
                {"data.csv": "d"},
            )
        ),
    ),
    "own_score": (Score(PREDICT, "metrics.py:cost"), OwnScore(0.5, np.linspace(0, 1, 5), "")),
    "side_effects": (SideEffects(FIT), Observed(20, ("amount",), ("cache.bin",), ("numpy",), True, 1.5)),
    "files_read": (FilesRead(Fit(Side.HEAD, seed=2)), ReadFiles(("gatebot.yml", "src/train.py"))),
    "operation": (
        Operation(FIT, in_turn=True),
        OperationRuns(
            (
                ProcessRun(Side.BASE, 0.5, (0.001, 0.002), (0.01,), 200, 1024.0, 10**8),
                ProcessRun(Side.HEAD, 0.5, (0.001,), (0.01, 0.02), 200, None, 10**8),
            ),
            3.0,
        ),
    ),
    "leakage": (
        Leakage(Side.HEAD, ("refund", "share")),
        LeakageTraces(
            IDS, (ColumnModel("refund", 0.99, LABELS),), (Aggregate("share", "customer", "yes", 4, 3),), IDS[:2], 2, 0.1
        ),
    ),
    "metrics_file": (
        MetricsFile(Side.HEAD),
        ReportedMetrics({"accuracy": 0.93, "loss": 1.0}, {"accuracy": 0.01}, ("note",)),
    ),
    "column_sketches": (ColumnSketches(Side.HEAD, "train"), TableSketch(1, 9, (SKETCH, WORDS))),
    "external_result": (
        ExternalResult(Side.HEAD, "build/lint.sarif"),
        ExternalFile(Format.SARIF, alerts=(Alert("E501", Severity.WARNING, "a.py", 3), Alert("", Severity.NONE))),
    ),
    "history": (History("accuracy", 3), RunHistory((RunValue("a" * 40, datetime(2026, 11, 20, tzinfo=UTC), 0.5),))),
    "service": (Service(Side.HEAD, "api"), ServiceProbe({"/predict": Endpoint(200, (0.01, 0.02), 1)})),
}
