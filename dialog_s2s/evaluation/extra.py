"""Packages that only evaluation uses, imported when first needed."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from dialog_s2s.errors import UsageError


def load(name: str, what: str = "evaluate") -> Any:
    """The package or module `name`, which `what` needs.

    Raises:
        UsageError: it is not installed; the message names the command that installs it.
    """
    try:
        return import_module(name)
    except ImportError:
        raise UsageError(
            f"{what} needs {name.split('.')[0]}, which is not installed; "
            "install it with: pip install 'dialog-s2s[evaluate]'"
        ) from None
