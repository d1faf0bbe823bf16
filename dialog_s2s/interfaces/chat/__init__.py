"""The chat in a terminal: its prompt, its commands, and what it shows."""
