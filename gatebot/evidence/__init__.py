"""The evidence of one commit: its kinds, how they are written, and how untrusted bytes are read back."""
