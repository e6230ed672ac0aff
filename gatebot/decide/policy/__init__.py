"""How much a finding matters, and what follows from that. Knows the Rules, not how anything was found."""
