"""The files of a commit that training and predicting read."""

from gatebot.evidence.files_read.need import FilesRead
from gatebot.evidence.files_read.value import ReadFiles
from gatebot.evidence.kind import Kind

__all__ = ["KIND", "FilesRead", "ReadFiles"]

KIND = Kind(FilesRead, ReadFiles, lambda need, session: session.files_read(need.fit))
