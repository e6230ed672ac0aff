"""The adapters: the three ways in which a repository can offer its model (Python functions, commands, predictions)."""
