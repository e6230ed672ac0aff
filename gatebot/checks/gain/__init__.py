"""What explains a gain that is too good to be true: one cause a file, on the evidence of probes."""
