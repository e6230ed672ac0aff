"""Runs one task (a JSON file) with the user's code: `python FOLDER TASK.json`.

The folder is copied elsewhere under a generated name, so that no module of the user can have the same name as one of
these. No file in it names the program that started it.
"""

from __future__ import annotations

import importlib
import json
import sys
import traceback
from pathlib import Path

HERE = Path(__file__).resolve().parent


def main() -> int:
    """Run the stage that the task names; return 0, or 1 if the user's code failed."""
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
    """Print the traceback without the frames of this folder."""
    trace = error.__traceback__
    while trace is not None and Path(trace.tb_frame.f_code.co_filename).parent == HERE:
        trace = trace.tb_next
    traceback.print_exception(type(error), error, trace)


if __name__ == "__main__":
    sys.exit(main())
