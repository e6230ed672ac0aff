"""Number of different values, from their smallest hashes (k minimum values, Bar-Yossef et al. 2002).

Up to 1,023 different values are counted exactly. More are estimated with a relative standard error of 1 / sqrt(1022),
3.1 %. The smallest hashes of two sketches together are those of all values, so merging adds no error.
"""

import numpy as np

from gatebot.evidence.column import Hashes

MAX_HASHES = 1024


def smallest(*hashes: Hashes) -> Hashes:
    """Return the smallest different hashes, increasing, shape [at most 1024]."""
    return np.unique(np.concatenate(hashes))[:MAX_HASHES]


def estimate(hashes: Hashes) -> int:
    """Return the estimated number of different values."""
    if len(hashes) < MAX_HASHES:
        return len(hashes)
    return max(MAX_HASHES, round((MAX_HASHES - 1) * 2.0**64 / (float(hashes[-1]) + 1)))
