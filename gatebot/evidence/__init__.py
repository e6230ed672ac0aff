"""Evidence that one commit left: its kinds, how they are written, and how untrusted bytes become them again."""
