"""Why gatebot runs: which commit is judged, by whose Rules, against which base. Knows git and events, not models."""
