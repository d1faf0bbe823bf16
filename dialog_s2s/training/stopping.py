"""What a run is told between two updates."""

GO_ON = 0
FINISH = 1
"""To end now and make a bot of the best weights so far; True is the same."""
LEAVE = 2
"""To end now, so that it can be gone on with, and to make no bot."""
