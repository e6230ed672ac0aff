"""The commands: argument parsing and exit codes only. Each command is one file, imported when it is called."""
