"""The commands: argument parsing and exit codes only. One file a command, imported when it is called."""
