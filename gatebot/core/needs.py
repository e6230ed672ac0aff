"""The kinds of evidence that a check can ask for. A need is a value, and has the key under which evidence is stored."""

import re
from dataclasses import dataclass, replace
from enum import StrEnum
from hashlib import blake2b
from urllib.parse import quote, unquote


class Side(StrEnum):
    """One of the two commits that are compared."""

    BASE = "base"
    HEAD = "head"


class Tier(StrEnum):
    """The effort of a training: `smoke` for every pull request, `confirm` for measures that look worse there."""

    SMOKE = "smoke"
    CONFIRM = "confirm"


class Labels(StrEnum):
    """The labels that a training sees."""

    TRUE = "true"
    SHUFFLED = "shuffled"


class Model(StrEnum):
    """The model that is trained: the user's, or one of the two reference models."""

    USER = "user"
    TRIVIAL = "trivial"
    SIMPLE = "simple"


class Rows(StrEnum):
    """The rows that are predicted; `train` is used to measure the gap between train and eval rows."""

    EVAL = "eval"
    TRAIN = "train"


class FileKind(StrEnum):
    """The kinds of repository files that checks may read."""

    METRICS = "metrics"


@dataclass(frozen=True, slots=True)
class Fit:
    """One training. `seed` is an index; the value that the training gets is `seed_of(project, seed)`."""

    side: Side
    tier: Tier = Tier.SMOKE
    seed: int = 0
    fold: int = 0
    labels: Labels = Labels.TRUE
    repeat: int = 0
    model: Model = Model.USER

    @property
    def key(self) -> str:
        """The name of this evidence inside a Snapshot. It omits the side, because a Snapshot has only one."""
        parts = [self.model, self.tier, f"s{self.seed}", f"f{self.fold}"]
        if self.labels is not Labels.TRUE:
            parts.append(self.labels)
        if self.repeat:
            parts.append(f"r{self.repeat}")
        return "fit-" + "-".join(parts)

    @property
    def label(self) -> str:
        """A description for people, such as `seed 2, smoke`."""
        parts = [f"seed {self.seed + 1}" if self.model is Model.USER else f"{self.model} model", self.tier.value]
        parts += [f"fold {self.fold + 1}"] if self.fold else []
        parts += [f"{self.labels} labels"] if self.labels is not Labels.TRUE else []
        return ", ".join([*parts, *([f"repetition {self.repeat}"] if self.repeat else [])])

    def at(self, tier: Tier) -> "Fit":
        """Return the same training in another tier."""
        return replace(self, tier=tier)


@dataclass(frozen=True, slots=True)
class Predict:
    """Predictions of one trained model on one set of rows."""

    fit: Fit
    rows: Rows = Rows.EVAL

    @property
    def side(self) -> Side:
        """The side whose model predicts."""
        return self.fit.side

    @property
    def key(self) -> str:
        """The name of this evidence inside a Snapshot."""
        return f"predict-{self.rows}-{self.fit.key.removeprefix('fit-')}"

    def at(self, tier: Tier) -> "Predict":
        """Return the same predictions in another tier."""
        return replace(self, fit=self.fit.at(tier))


@dataclass(frozen=True, slots=True)
class Timing:
    """Timings of base and head, taken alternately on this machine. They concern both and are stored with head."""

    sides: tuple[Side, ...] = (Side.BASE, Side.HEAD)

    @property
    def side(self) -> Side:
        """The side whose Snapshot stores the evidence."""
        return Side.HEAD

    @property
    def key(self) -> str:
        """The name of this evidence inside a Snapshot."""
        return "timing-" + "-".join(self.sides)


@dataclass(frozen=True, slots=True)
class Profile:
    """The profile of the data as it was read: columns, row identities, the split."""

    side: Side

    @property
    def key(self) -> str:
        """The name of this evidence inside a Snapshot."""
        return "profile"


@dataclass(frozen=True, slots=True)
class File:
    """A file that the user's own tools wrote."""

    side: Side
    kind: FileKind

    @property
    def key(self) -> str:
        """The name of this evidence inside a Snapshot."""
        return f"file-{self.kind}"


@dataclass(frozen=True, slots=True)
class Score:
    """The values of one of the user's own metrics on one set of predictions."""

    predict: Predict
    metric: str

    @property
    def side(self) -> Side:
        """The side whose model is scored."""
        return self.predict.side

    @property
    def key(self) -> str:
        """The name of this evidence inside a Snapshot."""
        name = quote(self.metric, safe=":").replace("-", "%2D")
        return f"score-{name}-{self.predict.key.removeprefix('predict-')}"

    def at(self, tier: Tier) -> "Score":
        """Return the same metric of the same training in another tier."""
        return replace(self, predict=self.predict.at(tier))


Need = Fit | Predict | Timing | Profile | File | Score

_FIT = (
    rf"(?P<model>{'|'.join(Model)})-(?P<tier>{'|'.join(Tier)})-s(?P<seed>[0-9]{{1,4}})-f(?P<fold>[0-9]{{1,4}})"
    rf"(?:-(?P<labels>{'|'.join(Labels)}))?(?:-r(?P<repeat>[0-9]{{1,4}}))?"
)
_PREDICT = rf"(?P<rows>{'|'.join(Rows)})-{_FIT}"
_KEY = {
    Fit: re.compile(f"fit-{_FIT}"),
    Predict: re.compile(f"predict-{_PREDICT}"),
    Score: re.compile(f"score-(?P<metric>[^-]+)-{_PREDICT}"),
    Timing: re.compile(rf"timing-(?P<sides>(?:{'|'.join(Side)})(?:-(?:{'|'.join(Side)})){{0,3}})"),
    File: re.compile(rf"file-(?P<kind>{'|'.join(FileKind)})"),
    Profile: re.compile("profile"),
}


def need_of(key: str, side: Side) -> Need:
    """Return the need whose evidence has this key in the Snapshot of `side`; the inverse of `need.key`.

    Raises:
        ValueError: No need has this key.
    """
    for kind, pattern in _KEY.items():
        if found := pattern.fullmatch(key):
            need = _need(kind, {name: text for name, text in found.groupdict().items() if text is not None}, side)
            if need.key == key:  # refuses other spellings of a key, such as `s01` for `s1`
                return need
    raise ValueError(f"no evidence has the name {key[:100]!r}")


def _need(kind: type[Need], parts: dict[str, str], side: Side) -> Need:
    if kind is Profile:
        return Profile(side)
    if kind is File:
        return File(side, FileKind(parts["kind"]))
    if kind is Timing:
        return Timing(tuple(Side(name) for name in parts["sides"].split("-")))
    fit = Fit(
        side,
        Tier(parts["tier"]),
        int(parts["seed"]),
        int(parts["fold"]),
        Labels(parts.get("labels", Labels.TRUE)),
        int(parts.get("repeat", 0)),
        Model(parts["model"]),
    )
    if kind is Fit:
        return fit
    predict = Predict(fit, Rows(parts["rows"]))
    return predict if kind is Predict else Score(predict, unquote(parts["metric"]))


@dataclass(frozen=True, slots=True)
class Effort:
    """How many trainings checks may ask for, as the Rules and the kind of model allow.

    Attributes:
        smoke_seeds: number of seeds of the smoke tier.
        confirm_seeds: number of seeds of the confirm tier.
        folds: number of models per seed; if above 1, every row is predicted out of fold.
        trains: False if the repository offers stored predictions, so that nothing can be trained again.
        saves: the model is saved to a file, so it can be loaded again in a fresh process.
        own: the user's own metrics, as `file.py:function`; each is scored on every set of predictions.
    """

    smoke_seeds: int = 2
    confirm_seeds: int = 5
    folds: int = 1
    trains: bool = True
    saves: bool = True
    own: tuple[str, ...] = ()

    def fits(self, side: Side, tier: Tier = Tier.SMOKE) -> tuple[Fit, ...]:
        """Return every training of one tier."""
        seeds = self.smoke_seeds if tier is Tier.SMOKE else self.confirm_seeds
        return tuple(Fit(side, tier, seed, fold) for seed in range(seeds) for fold in range(self.folds))

    def predictions(self, side: Side, tier: Tier = Tier.SMOKE, rows: Rows = Rows.EVAL) -> tuple[Predict, ...]:
        """Return the predictions of every training of one tier."""
        return tuple(Predict(fit, rows) for fit in self.fits(side, tier))

    def scores(self, side: Side, tier: Tier = Tier.SMOKE) -> tuple[Score, ...]:
        """Return the scores of the user's own metrics on all predictions of one tier."""
        return tuple(Score(predict, name) for predict in self.predictions(side, tier) for name in self.own)

    def compared(self) -> tuple[Need, ...]:
        """Return the needs of a paired comparison: data profiles and smoke predictions of both sides."""
        head, base = Side.HEAD, Side.BASE
        return (Profile(head), *self.predictions(head), Profile(base), *self.predictions(base))


def seed_of(project: str, index: int) -> int:
    """Return the seed with this index, in [0, 2**31). It is a hash, so that nobody can choose a favourable seed."""
    digest = blake2b(f"seed:{project}:{index}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") % 2**31
