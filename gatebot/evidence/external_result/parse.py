"""Recognises the format of a result file and parses it. The bytes are untrusted."""

from codecs import BOM_UTF8

from gatebot.evidence.external_result import json_file, xml_file
from gatebot.evidence.external_result.value import ExternalFile
from gatebot.evidence.kind import UnmetError

MAX_BYTES = 16 << 20


def parse(data: bytes) -> ExternalFile:
    """Return the content of a result file: XML if it begins with `<`, JSON otherwise.

    Raises:
        UnmetError: the file is too large, has another format, or declares a document type.
    """
    if len(data) > MAX_BYTES:
        raise UnmetError(f"the file has more than {MAX_BYTES:,} bytes")
    data = data.removeprefix(BOM_UTF8).lstrip()
    found = xml_file.parse(data) if data.startswith(b"<") else json_file.parse(data)
    for flaw in found.flaws():
        raise UnmetError(f"the file cannot be used: {flaw}")
    return found
