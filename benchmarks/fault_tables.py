"""Tables of faults that the headline metric does not show, and of harmless changes with the same evidence."""

from collections import Counter
from collections.abc import Iterator, Sequence
from statistics import mean, median

from benchmarks.faults import FAULTS, HARMLESS, Family
from benchmarks.pages import Page, exact, percent
from benchmarks.rivals import RULES
from benchmarks.trials import Trial

NOTES = tuple(
    " ".join(note.split())
    for note in (
        """Real learners on three generators of data. Of a fault, the headline metric (accuracy, mean absolute error)
        truly moves by less than its margin; the table says by how much it moved on the rows that were judged.""",
        """Evidence: metrics file of the repository's own hold-out, predictions again, shuffled, one by one and of train
        rows, a second training; times, memory and sizes are drawn, on a machine that is busy now and then.""",
        """Flagged: more than a note was said. Rivals get the metric computed from the predictions; one that reads it
        from the metrics file believes what a wrong evaluation wrote.""",
        """Trainings: of head, those that are compared. Intervals are exact and of 95 % (Clopper & Pearson 1934).""",
    )
)
_KIND = ("kind", "eval rows", "judged", "blocked, %", "exact interval", "flagged, %", "exact interval")
_ONE = ("fault", "kind", "metric lost, % of its margin")
_HARMLESS = ("change", "eval rows", "judged", "blocked, %", "exact interval", "undecided, %", "flagged, %")
_HARMLESS_MORE = ("exact interval", "trainings: median, mean", "flagged by")


def page(trials: Sequence[Trial], command: str) -> Page:
    """What they come to, by kind, one by one, and beside rivals."""
    sizes = sorted({each.rows for each in trials})
    good = [each for each in trials if each.family is Family.HARMLESS]
    bad = [each for each in trials if each.family is not Family.HARMLESS]
    families = [family for family in Family if any(each.family is family for each in bad)]
    names = [each for each in HARMLESS if any(trial.name == each.name for trial in good)]
    return Page(
        "Faults that the headline metric does not show",
        command,
        (
            (
                "By kind",
                _KIND,
                [
                    *(
                        _kind(family.value, [t for t in bad if t.family is family], n)
                        for family in families
                        for n in sizes
                    ),
                    *(_kind("all", bad, n) for n in sizes),
                ],
            ),
            (
                "One by one: blocked, % (flagged, %)",
                (*_ONE, *(f"{n:,} rows" for n in sizes), "flagged by"),
                list(_one_by_one(bad, sizes)),
            ),
            (
                "Harmless changes with the same evidence",
                (*_HARMLESS, *_HARMLESS_MORE),
                [
                    *(_harmless(c.name, [t for t in good if t.name == c.name], n) for c in names for n in sizes),
                    *(_harmless("all", good, n) for n in sizes),
                ],
            ),
            (
                "Rules side by side: blocked, %",
                ("rule", "eval rows", "harmless", "exact interval", "all faults", "exact interval", *families),
                [_rule(rule, good, bad, n, families) for n in sizes for rule in (None, *RULES)],
            ),
        ),
        NOTES,
    )


def _of(trials: Sequence[Trial], rows: int) -> list[Trial]:
    return [each for each in trials if each.rows == rows]


def _share(found: Sequence[bool]) -> tuple[str, str]:
    return percent(found), exact(sum(found), len(found))


def _kind(name: str, trials: Sequence[Trial], rows: int) -> list[str]:
    kept = _of(trials, rows)
    blocked, flagged = _share([each.blocked for each in kept]), _share([each.warned for each in kept])
    return [name, f"{rows:,}", f"{len(kept):,}", *blocked, *flagged]


def _one_by_one(trials: Sequence[Trial], sizes: Sequence[int]) -> Iterator[list[str]]:
    for fault in FAULTS:
        for world in fault.where:
            alike = [each for each in trials if (each.name, each.world) == (fault.name, world)]
            if alike:
                found = [
                    f"{percent(t.blocked for t in _of(alike, n))} ({percent(t.warned for t in _of(alike, n))})"
                    for n in sizes
                ]
                lost = f"{100 * mean(each.moved for each in alike):.0f}"
                yield [f"{fault.name}: {world}", fault.family, lost, *found, _checks(alike)]


def _checks(trials: Sequence[Trial]) -> str:
    """Checks that said something, the most frequent first."""
    counts = Counter(check for each in trials for check in each.said)
    return ", ".join(f"{check} {count}" for check, count in counts.most_common(4))


def _harmless(name: str, trials: Sequence[Trial], rows: int) -> list[str]:
    kept = _of(trials, rows)
    trainings = [each.trainings for each in kept]
    return [
        name,
        f"{rows:,}",
        f"{len(kept):,}",
        *_share([each.blocked for each in kept]),
        percent(bool(each.undecided) for each in kept),
        *_share([each.warned for each in kept]),
        f"{median(trainings):g}, {mean(trainings):.1f}" if trainings else "—",
        _checks(kept),
    ]


def _rule(
    rule: str | None, good: Sequence[Trial], bad: Sequence[Trial], rows: int, families: Sequence[Family]
) -> list[str]:
    def blocks(trials: Sequence[Trial]) -> list[bool]:
        return [each.blocked if rule is None else rule in each.rivals for each in _of(trials, rows)]

    by_family = (percent(blocks([each for each in bad if each.family is family])) for family in families)
    return [rule or "gatebot", f"{rows:,}", *_share(blocks(good)), *_share(blocks(bad)), *by_family]
