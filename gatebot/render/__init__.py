"""Renders a Report as Markdown, terminal text, HTML, JUnit XML or SARIF. Only this package formats numbers."""
