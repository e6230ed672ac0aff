"""What the predictions mean: payload columns, validation and metrics of each kind of task."""
