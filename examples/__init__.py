"""Small real repositories with their pull requests: tests, documentation and demo at once."""
