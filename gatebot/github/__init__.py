"""Everything gatebot says to GitHub and reads from it: knows no machine learning, imports only our errors."""
