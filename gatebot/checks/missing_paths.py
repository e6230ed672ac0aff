"""What to do about a path that user code asked for and that was not there."""

from collections.abc import Mapping

from gatebot.core.finding import Fact
from gatebot.evidence.missing_path import Absence, MissingPath

_NOTES: Mapping[Absence, str] = {
    Absence.DATA: (
        "{missing} is the data itself: it is handed over as rows, and the file is not beside the code, because it holds"
        " the labels of eval rows. Read the rows that `train` and `predict` are given"
    ),
    Absence.IGNORED: (
        "git ignores {missing}, so no commit has it: commit it, or bring it with `data.fetch`; where the code writes"
        " it, let it make the folder first"
    ),
    Absence.FOLDER: (
        "No commit has the folder {place}, because git keeps no empty ones: let the code make it, or commit a file in"
        " it such as `.gitkeep`"
    ),
    Absence.SUBMODULE: (
        "{missing} lies in the submodule {place}, which is not checked out: `git submodule update --init`; in a"
        " workflow `submodules: true` of the checkout step"
    ),
    Absence.POINTER: (
        "{missing} is a pointer of Git LFS, and its content is not here: `git lfs pull`; in a workflow `lfs: true` of"
        " the checkout step"
    ),
    Absence.OUTSIDE: (
        "{missing} lies outside of the repository, where user code sees nothing: commit it, or bring it with"
        " `data.fetch`, and name it by a path inside"
    ),
    Absence.REMOVED: "Base has {missing}, and this change does not",
}


def advice_on(missing: MissingPath) -> tuple[str, dict[str, Fact]]:
    """Return a sentence with places, and the facts for them, which quote the log."""
    return _NOTES[missing.why], {"missing": missing.path, "place": missing.place, "absence": missing.why.value}
