"""Carries a plan out: fetches, sets up, trains and predicts in the sandbox, and leaves evidence. Decides nothing."""

from gatebot.collect.collector import Collector, collect
from gatebot.collect.job import Job, Tree
from gatebot.collect.progress import Phase, Progress, Step

__all__ = ["Collector", "Job", "Phase", "Progress", "Step", "Tree", "collect"]
