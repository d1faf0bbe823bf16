"""The terminal chat: `python chat.py [BUNDLE]`."""

import sys

from dialog_s2s.interfaces.command import main

sys.exit(main(["chat", *sys.argv[1:]]))
