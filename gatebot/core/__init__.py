"""Building blocks for all packages: needs, findings, the Report, and safe ways to start processes and open paths."""
