"""Trainings: how each ended, what it used, and the losses that it reported."""

from gatebot.evidence.kind import Kind
from gatebot.evidence.training.need import SIMPLE_COLUMNS, Fit, Labels, Model, seed_of, training_of
from gatebot.evidence.training.value import Training

__all__ = ["KIND", "SIMPLE_COLUMNS", "Fit", "Labels", "Model", "Training", "seed_of", "training_of"]

KIND = Kind(Fit, Training, lambda need, session: session.train(need))
