"""Runs user code in isolated processes with resource limits. Knows nothing of machine learning."""

from gatebot.sandbox.command import GIB, KIB, MIB, Command, Completed, Ended, Limits
from gatebot.sandbox.execution import run, terminate_as_interrupt
from gatebot.sandbox.identity import reap_leftovers
from gatebot.sandbox.isolation import Isolation, Reach, probe, reachable, require
from gatebot.sandbox.launcher import take_plain_name
from gatebot.sandbox.scratch_folder import scratch
from gatebot.sandbox.token_guard import refuse_with_secrets, secrets_in

__all__ = [
    "GIB",
    "KIB",
    "MIB",
    "Command",
    "Completed",
    "Ended",
    "Isolation",
    "Limits",
    "Reach",
    "probe",
    "reachable",
    "reap_leftovers",
    "refuse_with_secrets",
    "require",
    "run",
    "scratch",
    "secrets_in",
    "take_plain_name",
    "terminate_as_interrupt",
]
