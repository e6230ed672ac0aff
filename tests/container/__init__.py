"""The real image, run in a real engine as the runner runs it."""
