"""What runs inside the user's interpreter: Python 3.8 and its standard library, nothing of ours."""
