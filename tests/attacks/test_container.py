"""The same attacks on the real image in a real engine, as GitHub's runner starts it."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tests.container.engine import Engine
from tests.container.runner import Job, run_action
from tests.container.scenario import ID, NAME, OWNER, Pull, Repository
from tests.github.fake_github import BOT, FakeGitHub
from tests.github.fake_state import WRITE_ALL, State

from . import project
from .attack import Attack, Files, Level
from .attack_setup import AttackSetup, Steps
from .bait import SECRETS, Bait, Canary
from .conftest import SetupFor
from .listener import Listener
from .test_attacks import found, held

pytestmark = [pytest.mark.container, pytest.mark.long]  # ten seconds each

SCRIPT = ".leave/leave.sh"
CANARIES = "/github/home/canaries"


@dataclass
class ContainerSteps(Steps):
    """The one step of a job, in a container."""

    engine: Engine | None = None
    image: str = ""

    def _commands(self) -> None:
        assert self.engine is not None
        environment = {
            "ACTIONS_RUNTIME_TOKEN": SECRETS["runner token"],
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN": SECRETS["id token"],
            "DATA_KEY": SECRETS["fetch secret"],
            "DEPLOY_KEY": SECRETS["deploy key"],
            **{name: text.format(workspace="/github/workspace") for name, text in self.attack.environment.items()},
        }
        job = replace(self.job, environment={**self.job.environment, **environment})
        inputs = self._inputs("run")
        step = run_action(self.engine, self.image, job, inputs, token=SECRETS["token"])
        self.exit_code, self.verdict = step.exit_code, step.outputs.get("verdict", "")
        self.log = "".join(f"{line}\n" for line in step.log.split("\n") if not line.startswith("::add-mask::"))

    def files(self) -> dict[str, bytes]:
        """What the runner was told."""
        folder = self.job.folder / "_runner_file_commands"
        found = {f"file {path.name.partition('_')[0]}": path for path in folder.iterdir() if "summary" not in path.name}
        found["file summary"] = next(folder.glob("step_summary_*"))
        return {f"file commands/{name.partition(' ')[2]}": path.read_bytes() for name, path in found.items()}


@dataclass
class ContainerSetup(AttackSetup):
    """A setup whose jobs run in containers; payloads find their script in the checkout."""

    engine: Engine | None = None
    image: str = ""

    def open_pull(self, files: Files, branch: str, attack: Attack) -> Pull:
        return super().open_pull({**files, SCRIPT: self.bait.source}, branch, attack)

    def steps(self, attack: Attack, job: Job, level: Level) -> Steps:
        return ContainerSteps(attack, job, level, engine=self.engine, image=self.image)

    def temp(self, job: Job) -> Path:
        return job.folder

    def canaries(self, job: Job) -> list[Canary]:
        return replace(self.bait, host=job.folder / "_github_home/canaries").left()


@pytest.fixture(scope="session")
def contained(
    engine: Engine, image: str, tmp_path_factory: pytest.TempPathFactory, listener: Listener
) -> Iterator[SetupFor]:
    """The setup of an attack: the same for all whose main is the same."""
    setups: dict[str, AttackSetup] = {}
    with ExitStack() as stack:

        def setup_of(attack: Attack) -> AttackSetup:
            folder = tmp_path_factory.mktemp("contained")
            bait = Bait(CANARIES, f"/github/workspace/{SCRIPT}", folder, listener.port, "python3", "/github")
            files = project.main(attack, bait)
            key = repr((sorted(files.items()), attack.stored))
            if key not in setups:
                github = FakeGitHub(State(repository=f"{OWNER}/{NAME}", repository_id=ID))
                github.token(SECRETS["token"], BOT, WRITE_ALL, installation=True)
                stack.enter_context(github)
                github.user("maintainer", "write")
                origin = Repository.create(folder / "origin")
                setup = ContainerSetup(folder, github, origin, bait, listener, engine=engine, image=image)
                setup.grow(files)
                if attack.stored:
                    setup.push(attack)
                setups[key] = setup
            return setups[key]

        yield setup_of


@pytest.mark.parametrize("attack", [pytest.param(each, id=each.name) for each in found() if each.in_container])
def test_an_attack_on_the_image_comes_to_nothing(contained: SetupFor, attack: Attack) -> None:
    setup = contained(attack)
    control = setup.control(attack)
    held(attack, setup.attacked(attack, Level.FULL, control), control)
