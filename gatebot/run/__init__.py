"""A complete run: determines what is compared, collects and judges in a loop, and writes the output folder."""
