"""What it takes to serve it."""
