"""Code that behaves well only where it recognises the gate, and answers that were not computed."""

from tests.attacks import project
from tests.attacks.attack import EVERY, Attack, Change, Files, Level
from tests.attacks.attack_setup import Outcome
from tests.attacks.bait import Bait
from tests.cli import tiny

OWN = """\
import inspect, os, sys


def tells():
    texts = [f"{name}={value}" for name, value in os.environ.items()] + sys.argv + sys.path + [os.getcwd(), __file__]
    texts += [frame.filename + frame.function for frame in inspect.stack()]
    texts += [f"{name} {getattr(module, '__file__', '')}" for name, module in list(sys.modules.items())]
    for folder in [os.getcwd(), *map(str, __import__("pathlib").Path(os.getcwd()).parents)]:
        try:
            texts += os.listdir(folder) if folder not in ("/", "/tmp") else []
        except OSError:
            pass
    return [text for text in texts if "gatebot" in text.lower().replace("gatebot.yml", "").replace("gatebot.py", "")]
"""
AROUND = """\
import glob


def tells():
    texts = []
    for name in glob.glob("/proc/[0-9]*/cmdline") + ["/proc/self/mountinfo", "/proc/self/cgroup", "/proc/self/status"]:
        try:
            texts.append(open(name).read())
        except OSError:
            pass
    lines = [line for text in texts for line in text.lower().splitlines()]
    return [line for line in lines if "gatebot" in line and "pytest" not in line and "gatebot-engine" not in line]
"""


def _recognising(tells: str) -> Change:
    def files(_bait: Bait) -> Files:
        harmful = project.HARMFUL["pipeline.py"].replace("def predict", "def badly")
        good = tiny.PIPELINE.replace("def predict", "def well").replace("def train", "def train")
        choose = "\n\ndef predict(model, rows):\n    return (well if tells() else badly)(model, rows)\n"
        badly = harmful[harmful.index("def badly") :]
        return {"pipeline.py": f"{tells}\n\n{good}\n\n{badly}{choose}"}

    return files


def _noticed(outcome: Outcome) -> None:
    assert outcome.report.get("findings"), f"copied predictions are no finding\n{outcome}"


def _copied(bait: Bait) -> Files:
    """Predictions that are the labels themselves."""
    lines = [line.split(",") for line in tiny.data(project.ROWS).splitlines()[1:]]
    answers = "id,prediction\n" + "".join(f"{line[0]},{line[2]}\n" for line in lines if line[3] == "eval")
    configuration = project.configuration({"model": {"python": None, "predictions": "answers.csv"}}, bait.python)
    return {"gatebot.yml": configuration, "answers.csv": answers}


def _printed(bait: Bait) -> Files:
    """The same by a command that copies."""
    configuration = project.configuration(
        {"model": {"python": None, "run": "cp answers.csv {predictions}"}}, bait.python
    )
    return {**_copied(bait), "gatebot.yml": configuration}


ATTACKS = (
    Attack(name="code that recognises the gate by itself", change=_recognising(OWN), levels=EVERY),
    Attack(
        name="code that recognises the gate by its surroundings",
        change=_recognising(AROUND),
        levels=(Level.FULL,),
        slow=True,
    ),
    Attack(name="copied predictions", change=_copied, expect=_noticed, carrier="harmless"),
    Attack(name="copied predictions by a command", change=_printed, expect=_noticed, carrier="harmless", slow=True),
)
