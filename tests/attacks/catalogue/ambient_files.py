"""Files that tools read by themselves where they start: settings, plugins, start files, terminals and locales."""

from tests.attacks.attack import Attack, Files
from tests.attacks.bait import Bait


def files(bait: Bait) -> Files:
    """One of each, with something to run or somebody to talk to."""
    shell, line = bait.shell("ambient"), bait.python_line("ambient")
    index = f"http://127.0.0.1:{bait.port}/simple"
    return {
        "pyproject.toml": f'[project]\nname = "x"\nversion = "1"\n[tool.pytest.ini_options]\naddopts = "-p evil"\n'
        f'[project.entry-points.pytest11]\nevil = "evil"\n[tool.uv]\nindex-url = "{index}"\n',
        "evil.py": line,
        "conftest.py": line,
        "setup.py": line,
        "setup.cfg": "[tool:pytest]\naddopts = -p evil\n",
        "tox.ini": f"[testenv]\ncommands = {shell}\n",
        "noxfile.py": line,
        "__main__.py": line,
        ".pdbrc": line,
        ".pythonrc.py": line,
        "pip.conf": f"[global]\nindex-url = {index}\n",
        "uv.toml": f'index-url = "{index}"\n',
        ".python-version": "3.11\n../../evil\n",
        "pyvenv.cfg": "home = .\ninclude-system-site-packages = true\n",
        "python311._pth": ".\nimport site\n",
        ".netrc": "machine 127.0.0.1 login a password b\n",
        ".gitconfig": f"[core]\n\tfsmonitor = {shell}\n\tsshCommand = {shell}\n\tpager = {shell}\n",
        ".config/git/config": f"[core]\n\tfsmonitor = {shell}\n",
        ".config/pip/pip.conf": f"[global]\nindex-url = {index}\n",
        ".bashrc": shell,
        ".profile": shell,
        ".bash_env": shell,
        ".envrc": shell,
        ".env": f"GIT_SSH_COMMAND={shell}\nLD_PRELOAD=./evil.so\n",
        ".terminfo/x/xterm": "none",
        "locale/C.UTF-8/LC_MESSAGES/git.mo": "none",
        ".git-blame-ignore-revs": "x\n",
        ".gitattributes": "* filter=evil diff=evil merge=evil export-subst\n",
        ".lfsconfig": f"[lfs]\n\turl = http://127.0.0.1:{bait.port}/lfs\n",
        ".mailmap": "x <y>\n",
        ".pre-commit-config.yaml": f"repos: [{{repo: local, hooks: [{{id: x, entry: '{shell}'}}]}}]\n",
        "Makefile": f"all:\n\t{shell}\n",
        ".dvc/config": f"['remote \"x\"']\n    url = http://127.0.0.1:{bait.port}/\n",
    }


HOME = {"HOME": "{workspace}", "XDG_CONFIG_HOME": "{workspace}/.config", "TERMINFO": "{workspace}/.terminfo"}

ATTACKS = (
    Attack(name="files that tools read by themselves", change=files),
    Attack(name="files that tools read in a home that is the checkout", change=files, environment=HOME),
)
