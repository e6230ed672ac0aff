"""What the baseline's evidence can see, and what more rows or seeds would show: for people who set a margin."""
