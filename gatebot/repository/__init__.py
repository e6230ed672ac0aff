"""A local git repository, asked so that nothing in it runs, and the folder that gatebot keeps beside it."""
