"""The playground: a Python prompt with bots at hand."""
