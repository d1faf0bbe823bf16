"""The program's version; a training goes on with the same one only."""

VERSION = "0.1.0"
