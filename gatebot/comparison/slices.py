"""Rows by the value of a column: each value with rows is a slice."""

from collections.abc import Mapping

import numpy as np

from gatebot.evidence.column import Names
from gatebot.tasks.table import Index


def places_by_name(values: Names) -> Mapping[str, Index]:
    """The places of each value, in their order. Missing values form no slice."""
    order = np.argsort(values.codes.astype(np.min_scalar_type(-len(values.names) - 1)), kind="stable")
    ends = np.searchsorted(values.codes[order], np.arange(len(values.names) + 1))
    parts = {name: order[ends[code] : ends[code + 1]] for code, name in enumerate(values.names)}
    return {name: part for name, part in parts.items() if len(part)}
