"""Definitions of a task's metrics, and the creation of metrics from the declarations in the Rules."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches

from gatebot.errors import UsageError
from gatebot.evidence.column import label
from gatebot.tasks.estimate import Estimate, Formula
from gatebot.tasks.table import Table
from gatebot.tasks.task import Direction, Margin

Value = float | int | str
Settings = Mapping[str, Value | None]


@dataclass(frozen=True, slots=True)
class Option:
    """One setting of a metric.

    Attributes:
        says: description of the allowed values: "between 0 and 1".
        accepts: returns whether a value is allowed.
        default: the default; None means that a value is required, unless `optional`.
    """

    says: str
    accepts: Callable[[Value], bool]
    default: Value | None = None
    optional: bool = False

    def __str__(self) -> str:
        """Return the allowed values and the default: "mass or width (mass)"."""
        return self.says if self.default is None else f"{self.says} ({self.default})"


@dataclass(frozen=True, slots=True)
class Definition:
    """One metric of a task.

    Attributes:
        higher_is_better: None if the Rules have to declare it.
        says: its definition, one line.
        make: creates the function of a table from the class (or None) and the options.
        is_share: the metric lies between 0 and 1.
        of: what `of` names, such as "class"; empty if the metric has no `of`.
    """

    name: str
    higher_is_better: bool | None
    margin: Margin
    says: str
    make: Callable[[str | None, Settings], Callable[[Table], Estimate]]
    of: str = ""
    options: Mapping[str, Option] = field(default_factory=dict)
    needs_scores: bool = False
    is_share: bool = False

    def metric(self, of: str | None, options: Mapping[str, Value], direction: Direction | None) -> Formula:
        """Return the metric with these settings.

        Raises:
            UsageError: `of`, an option or the direction is not valid for it.
        """
        spelled = None if of is None else label(of)
        if of is not None and (spelled is None or not self.of):
            raise UsageError(f"{self.name}: it is not of a {self.of or 'class'}, but `of: {of}` is given")
        formula = self.make(spelled, self._settings(options))
        name = written(self.name, spelled, options)
        return Formula(name, self._direction(direction), self.margin, formula, self.needs_scores, self.is_share)

    def _settings(self, options: Mapping[str, Value]) -> Settings:
        for given in options:
            if given not in self.options:
                has = ", ".join(self.options)
                raise UsageError(
                    f"{self.name}: there is no option {given!r}", f"it has {has}" if has else "it has none"
                )
        settings = {name: options.get(name, option.default) for name, option in self.options.items()}
        for name, value in settings.items():
            option = self.options[name]
            if value is None and not option.optional:
                raise UsageError(f"{self.name}: the option `{name}` is missing", f"it is {option.says}")
            if value is not None and not (isinstance(value, (int, float, str)) and option.accepts(value)):
                raise UsageError(f"{self.name}: {name} is {value!r}", f"it must be {option.says}")
        return settings

    def _direction(self, direction: Direction | None) -> bool:
        declared = None if direction is None else direction == "higher"
        if self.higher_is_better is None:
            return declared is not False
        if declared is not None and declared is not self.higher_is_better:
            better = "higher" if self.higher_is_better else "lower"
            raise UsageError(
                f"{self.name}: `direction: {direction}` contradicts it", f"{better} is better; leave it out"
            )
        return self.higher_is_better


def written(name: str, of: str | None, options: Mapping[str, Value]) -> str:
    """Return a metric's name as written in reports: `recall(urgent)`, `f1(macro)`, `pinball(0.9)`."""
    parts = ([] if of is None else [of]) + [
        f"{value:g}" if isinstance(value, float) else str(value) for value in options.values()
    ]
    return f"{name}({', '.join(parts)})" if parts else name


def defined(name: str, definitions: Sequence[Definition], task: str) -> Definition:
    """Return the definition of that name.

    Raises:
        UsageError: there is none; the message names the nearest one, and all metrics of the task.
    """
    by_name = {each.name: each for each in definitions}
    if name in by_name:
        return by_name[name]
    near = [known for known in by_name if known in name or name in known]  # f1_macro, auc
    near = near or get_close_matches(name, by_name, n=1, cutoff=0.5)
    guess = f"did you mean {near[0]}? " if near else ""
    raise UsageError(f"there is no metric {name!r} for {task}", f"{guess}it has {', '.join(by_name)}")


def one_of(words: Sequence[str], default: str | None = None) -> Option:
    """Return an option that is one of these words."""
    return Option(" or ".join(words), lambda value: value in words, default, optional=True)


def number(says: str, accepts: Callable[[float], bool], default: float | None = None) -> Option:
    """Return an option that is a number."""
    return Option(says, lambda value: _is_number(value) and accepts(float(value)), default)


def whole(least: int, default: int | None = None) -> Option:
    """Return an option that is a whole number."""
    says = f"a whole number, at least {least}"
    return Option(
        says, lambda value: _is_number(value) and float(value).is_integer() and float(value) >= least, default
    )


def _is_number(value: Value) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
