"""`model:`: how the model is trained and asked. Recipe only."""

from typing import ClassVar

from pydantic import Field, model_validator

from gatebot.config.sections.section import Section


class ModelRecipe(Section):
    """`model:`: exactly one of `python`, `train` with `predict`, or `run`/`predictions`."""

    read_from: ClassVar[str] = "head"

    python: str | None = Field(
        default=None, description="A Python file with `train(rows, seed, …)` and `predict(model, rows, …)`."
    )
    train: str | None = Field(
        default=None,
        description="A command that trains, in any language: `{train}`, `{model}` and `{seed}` stand for values.",
    )
    predict: str | None = Field(
        default=None, description="The command that predicts: `{model}`, `{rows}` and `{predictions}` stand for paths."
    )
    run: str | None = Field(
        default=None,
        description="One command that trains and predicts as it sees fit; its predictions are scored again.",
    )
    predictions: str | None = Field(default=None, description="A file of predictions that lies in the repository.")
    metrics: str | None = Field(
        default=None,
        description="A file of metrics that your own code writes: shown as claimed, and compared with gatebot's count.",
    )

    @model_validator(mode="after")
    def _one_contract(self) -> "ModelRecipe":
        commands = self.train is not None or self.predict is not None
        ways = [self.python is not None, commands, self.run is not None or self.predictions is not None]
        if sum(ways) != 1:
            raise ValueError("give exactly one of `python`, `train` with `predict`, or `run` (or a `predictions` file)")
        if commands and (self.train is None or self.predict is None):
            raise ValueError("`train` and `predict` come together")
        if self.run is not None and self.predictions is not None:
            raise ValueError("give either `run` or `predictions`, not both")
        return self
