"""Ctrl-C kept out."""

from __future__ import annotations

import signal

import pytest

from dialog_s2s.interfaces.interrupts import undisturbed


def test_one_is_passed_over_and_a_second_is_not() -> None:
    before = signal.getsignal(signal.SIGINT)
    with undisturbed():
        signal.raise_signal(signal.SIGINT)
    done = []

    def hang() -> None:
        with undisturbed():
            for number in (1, 2, 3):
                signal.raise_signal(signal.SIGINT)
                done.append(number)

    with pytest.raises(KeyboardInterrupt):
        hang()
    assert done == [1]
    assert signal.getsignal(signal.SIGINT) == before


def test_afterwards_it_counts_again() -> None:
    with pytest.raises(ValueError, match="x"), undisturbed():
        raise ValueError("x")
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)
