import random
import subprocess
import sys
from pathlib import Path

import numpy as np

import gatebot
from gatebot.worker import seeds


def test_what_is_imported_is_seeded_at_once() -> None:
    finders = list(sys.meta_path)
    try:
        drawn = []
        for seed in (7, 7, 8):
            seeds.sow(seed)
            drawn.append((random.random(), np.random.random_sample()))  # noqa: S311, NPY002 - what users draw from
        assert drawn[0] == drawn[1]
        assert drawn[0] != drawn[2]
        assert len(sys.meta_path) == len(finders) + 1
    finally:
        sys.meta_path[:] = finders


def test_what_is_imported_later_is_seeded_then(tmp_path: Path) -> None:
    (tmp_path / "torch.py").write_text("seen = None\ndef manual_seed(seed):\n    global seen\n    seen = seed\n")
    code = "from gatebot.worker import seeds; seeds.sow(41); import torch; print(torch.seen, torch.__loader__.name)"
    root = str(Path(gatebot.__file__).parent.parent)
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": f"{root}:{tmp_path}"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["41", "torch"]
