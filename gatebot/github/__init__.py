"""Communication with GitHub: events, API, artifacts, comment, status and check run. It knows no machine learning."""
