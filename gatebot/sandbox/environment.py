"""The environment that user code gets: a handful of defaults, and what the caller lists."""

import os
from pathlib import Path

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS", "POLARS_MAX_THREADS")
TEMPORARY = ".tmp"  # inside the scratch; removed after the run


def defaults(scratch: Path) -> dict[str, str]:
    """Variables that every run has unless the caller gives them another value.

    The thread counts are those of the CPUs that this process may use: libraries would otherwise count the
    CPUs of the machine.
    """
    return {
        "HOME": str(scratch),
        "LANG": "C.UTF-8",
        "PATH": PATH,
        "TMPDIR": str(scratch / TEMPORARY),
    } | dict.fromkeys(THREADS, str(len(os.sched_getaffinity(0))))
