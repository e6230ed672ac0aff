"""A service of the repository, and how its endpoints answer. This is the contract; nothing starts one yet."""

from gatebot.evidence.kind import Kind
from gatebot.evidence.service.need import Service
from gatebot.evidence.service.value import Endpoint, ServiceProbe

__all__ = ["KIND", "Endpoint", "Service", "ServiceProbe"]

KIND = Kind(Service, ServiceProbe, lambda need, session: session.service(need))
