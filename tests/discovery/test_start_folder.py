"""From which folder a script is started."""

from pathlib import PurePosixPath

import pytest

from gatebot.discovery.start_folder import starts_at_root

FILES = ("src/train.py", "src/features.py", "modeling/train.py", "config.py", "train.py", "my-code/train.py")


@pytest.mark.parametrize(
    ("path", "code", "root"),
    [
        ("src/train.py", "from src.features import X", True),
        ("src/train.py", "import src.features", True),
        ("src/train.py", "def train():\n    from src.features import X\n", True),
        ("modeling/train.py", "from src.features import X", True),
        ("src/train.py", "from config import PATH", True),
        ("src/train.py", "import pandas as pd\nfrom features import X", False),
        ("src/train.py", "from features import X\nfrom src.features import Y", False),
        ("src/train.py", "import sys\nsys.path.append('.')\nfrom src.features import X", False),
        ("src/train.py", "from . import features", False),
        ("src/train.py", "import src.", False),
        ("train.py", "from src.features import X", False),
        ("my-code/train.py", "from src.features import X", False),
    ],
)
def test_start(path: str, code: str, root: bool) -> None:
    assert starts_at_root(PurePosixPath(path), code, [PurePosixPath(name) for name in FILES]) is root
