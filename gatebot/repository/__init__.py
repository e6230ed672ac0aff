"""Access to a local git repository without running anything in it, and the folder where gatebot stores its files."""
