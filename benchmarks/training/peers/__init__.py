"""Other people's trainers: one a file, each run by the Python of an environment of its own."""
