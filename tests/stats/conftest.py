from hypothesis import settings

# The same examples on every machine, however busy it is.
settings.register_profile("statistics", deadline=None, derandomize=True)
settings.load_profile("statistics")
