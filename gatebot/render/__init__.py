"""A Report as text: Markdown, a terminal, HTML, JUnit, SARIF. Numbers become words here and nowhere else."""
