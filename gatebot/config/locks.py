"""Files that say what is installed, whether or not a configuration names them."""

USUAL_LOCKS = (
    "requirements*.txt",
    "pyproject.toml",
    "setup.py",
    "setup.cfg",
    "uv.lock",
    "poetry.lock",
    "pdm.lock",
    "Pipfile.lock",
    "environment.yml",
    "conda-lock.yml",
    "renv.lock",
    "Makefile",
)
