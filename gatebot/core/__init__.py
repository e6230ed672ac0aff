"""What every room may use: values that travel through the pipe, the only ways to start a process or open a path."""
