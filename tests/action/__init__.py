"""What GitHub reads: action.yml, the Dockerfile, the workflows, and that a release of them is consistent."""
