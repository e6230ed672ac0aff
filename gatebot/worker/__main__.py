"""Carries out one task (a JSON file) with the user's own code: `python FOLDER TASK.json`.

The folder is copied to a place of its own under a name made for it, so that no module of the user's can have the same
name as one of these. Nothing in it says for whom it works.
"""

from __future__ import annotations

import importlib
import json
import sys
import traceback
from pathlib import Path

HERE = Path(__file__).resolve().parent


def main() -> int:
    """Run the stage that the task names; 1 when the user's code failed."""
    sys.path[0] = str(HERE.parent)
    stages = importlib.import_module(HERE.name + ".stages")
    del sys.path[0]
    task = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    sys.argv[:] = [task.get("pipeline", "")]  # as if the user's own file had been started
    try:
        stages.STAGES[task["stage"]](task)
    except Exception as error:
        _explain(error)
        return 1
    return 0


def _explain(error: BaseException) -> None:
    """The traceback, without the part that lies in this folder."""
    trace = error.__traceback__
    while trace is not None and Path(trace.tb_frame.f_code.co_filename).parent == HERE:
        trace = trace.tb_next
    traceback.print_exception(type(error), error, trace)


if __name__ == "__main__":
    sys.exit(main())
