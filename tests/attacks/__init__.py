"""Attacks of a pull request on the gate, each tried through the whole pipe: the real command, in a job, on a fake GitHub."""
