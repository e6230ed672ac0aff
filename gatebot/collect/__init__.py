"""Carries out a plan: fetches data, sets up environments, trains and predicts in the sandbox. Decides nothing."""

from gatebot.collect.collector import Collector, collect
from gatebot.collect.job import Job, Tree
from gatebot.collect.progress import Phase, Progress, Step

__all__ = ["Collector", "Job", "Phase", "Progress", "Step", "Tree", "collect"]
