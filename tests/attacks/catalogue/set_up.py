"""Set-up of head's leaves things in its environment that the trusted side reads afterwards."""

# ruff: noqa: E501 - payloads are easier to read on one line each
from collections.abc import Callable

from tests.attacks import project, spy
from tests.attacks.attack import CONFINED, Attack, Files
from tests.attacks.bait import Bait

MODEL = {"python": None, "train": "python3 run.py {train} {model}", "predict": "python3 run.py {rows} {predictions}"}
HOME = 'site="$VIRTUAL_ENV/lib/python3.11/site-packages"\nmkdir -p "$site/x.dist-info" "$VIRTUAL_ENV/bin"\n'
LEFT: dict[str, str] = {
    "a path file that is a pipe": 'mkfifo "$site/x.pth"',
    "a path file that never ends": 'ln -s /dev/zero "$site/x.pth"',
    "a finder that never ends": 'ln -s /dev/zero "$site/__editable__x.py"',
    "an origin that is the environment": 'ln -s /proc/self/environ "$site/x.dist-info/direct_url.json"',
    "a site that is a link": 'rm -r "$site"; ln -s / "$site"',
    "an environment whose home is the checkout": 'echo "home = $PLACE/bin" > "$VIRTUAL_ENV/pyvenv.cfg"\n'
    'ln -s /usr/bin/python3 "$VIRTUAL_ENV/bin/python"',
    "an environment whose settings are a pipe": 'mkfifo "$VIRTUAL_ENV/pyvenv.cfg"\nln -s /usr/bin/python3 "$VIRTUAL_ENV/bin/python"',
    "an environment with a program of its own": 'printf "#!/bin/sh\\n$SHELL_LINE\\n" > "$VIRTUAL_ENV/bin/python"\nchmod 755 "$VIRTUAL_ENV/bin/python"',
    "an environment that names other folders": 'ln -s "$PLACE" "$VIRTUAL_ENV/own"; echo "$PLACE" > "$site/x.pth"',
}
FAST = ("a path file that is a pipe",)


def _leaving(line: str) -> Callable[[Bait], Files]:
    def files(bait: Bait) -> Files:
        smoke = {"setup": "sh setup.sh", "python": "no-python-here"}
        script = f'{HOME}for PLACE in {bait.jobs}/workspace; do :; done\nSHELL_LINE="{bait.shell("set-up")}"\n{line}\n'
        return {
            "gatebot.yml": project.configuration({"smoke": smoke, "model": MODEL}, bait.python),
            "setup.sh": script,
            "pyvenv.cfg": "home = /usr/bin\n",
            "bin/python": "",
            "run.py": f"{spy.pipeline(bait)}\n\nreport()\n",
        }

    return files


ATTACKS = tuple(
    Attack(name=name, change=_leaving(line), levels=CONFINED, slow=name not in FAST) for name, line in LEFT.items()
)
