"""Attacks of a pull request on the gate, each tried through the whole pipe: a job, the real command, a fake GitHub."""
