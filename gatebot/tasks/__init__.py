"""Kinds of tasks: the columns, the validation and the metrics of their predictions."""
