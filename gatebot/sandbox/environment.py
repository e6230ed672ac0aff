"""The environment of user code: a few defaults, and the variables that the caller passes."""

import os
from pathlib import Path

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS", "POLARS_MAX_THREADS")
TEMPORARY = ".tmp"  # inside the scratch; removed after the run


def defaults(scratch: Path) -> dict[str, str]:
    """Return the variables that every run gets unless the caller sets them.

    Thread counts are set to the number of CPUs that this process may use; libraries would otherwise use all CPUs of the
    machine.
    """
    return {
        "HOME": str(scratch),
        "LANG": "C.UTF-8",
        "PATH": PATH,
        "TMPDIR": str(scratch / TEMPORARY),
    } | dict.fromkeys(THREADS, str(len(os.sched_getaffinity(0))))
