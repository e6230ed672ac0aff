"""The three ways in which a repository offers its model: Python functions, commands, predictions made elsewhere."""
