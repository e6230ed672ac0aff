"""Setups that tests share: one for each state of main, with a baseline where main is the tiny project itself."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.collect.repository import FULL, PLAIN_PYTHON
from tests.container.scenario import ID, NAME, OWNER, Repository
from tests.github.fake_github import BOT, FakeGitHub
from tests.github.fake_state import WRITE_ALL, State

from . import project
from .attack import Attack
from .attack_setup import AttackSetup
from .bait import SECRETS, Bait
from .listener import Listener, listening

SetupFor = Callable[[Attack], AttackSetup]


@pytest.fixture(scope="session")
def listener() -> Iterator[Listener]:
    with listening() as made:
        yield made


@pytest.fixture(scope="session")
def place() -> Iterator[Path]:
    """A folder for everything. Not pytest's: its parents are closed to other users, and a runner's are not."""
    with TemporaryDirectory(prefix="attacks-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.fixture(scope="session")
def setup_for(place: Path, listener: Listener) -> Iterator[SetupFor]:
    """The setup of an attack: the same for all whose main is the same."""
    if not FULL:
        pytest.skip("beside a token, user code is started at full isolation only")
    setups: dict[str, AttackSetup] = {}
    with ExitStack() as stack:

        def setup_of(attack: Attack) -> AttackSetup:
            bait = _bait(place, listener)
            files = project.main(attack, bait)
            key = repr((sorted(files.items()), attack.stored))
            if key not in setups:
                folder = place / f"setup-{len(setups)}"
                folder.mkdir(mode=0o755)
                github = FakeGitHub(State(repository=f"{OWNER}/{NAME}", repository_id=ID))
                github.token(SECRETS["token"], BOT, WRITE_ALL, installation=True)
                stack.enter_context(github)
                github.user("maintainer", "write")
                made = AttackSetup(folder, github, Repository.create(folder / "origin"), bait, listener)
                made.grow(files)
                if attack.stored or files == project.main(Attack(name="plain"), bait):
                    done = made.push(attack)
                    assert done.verdict == "pass", done
                setups[key] = made
            return setups[key]

        yield setup_of


def _bait(folder: Path, listener: Listener) -> Bait:
    host = folder / "canaries"
    host.mkdir(mode=0o700, exist_ok=True)
    script = folder / "bait" / "leave.sh"
    jobs = f"{folder}/setup-*/job-*"
    bait = Bait(str(host), str(script), host, listener.port, PLAIN_PYTHON, jobs)
    if not script.exists():
        script.parent.mkdir(mode=0o755)
        script.write_text(bait.source)
        script.chmod(0o755)
    return bait
