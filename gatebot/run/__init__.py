"""One whole run: what is judged against what, the loop of collecting and judging, and the folder that it leaves."""
