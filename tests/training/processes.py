"""Several processes at once, as a launcher would start them, and a corpus that they can share."""

from __future__ import annotations

import multiprocessing
import os
import socket
from collections.abc import Callable
from dataclasses import replace
from multiprocessing.connection import Connection
from typing import Any

import torch
from tiny import CONFIG, SINGLES

from dialog_s2s.config import Config

PAIRS = [
    (f"{question}{after}", reply) for question, reply in SINGLES for after in ("", " my friend")
]
"""Enough for three lanes."""

SETTINGS: Config = replace(
    CONFIG,
    text=replace(CONFIG.text, held_out=0.1),
    model=replace(CONFIG.model, dropout=0.2),
    training=replace(
        CONFIG.training, steps=12, batch_tokens=4000, threads=2, save_updates=4, checks=3
    ),
)
"""Two lanes, dropout, and a checkpoint every four of twelve updates."""

SECONDS = 120
"""After which a process hangs."""

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["dialog_s2s.training.train", "processes"])


def free_port(address: str = "127.0.0.1") -> int:
    """A port where nobody listens."""
    with socket.socket() as found:
        found.bind((address, 0))
        return int(found.getsockname()[1])


def in_processes(size: int, work: Callable[..., Any], *given: object) -> list[Any]:
    """What `work(*given)` returns, or the error it raises, in each of so many processes."""
    port = free_port()
    started = []
    for rank in range(size):
        here, there = _CONTEXT.Pipe()
        environment = {
            "RANK": rank,
            "LOCAL_RANK": rank,
            "WORLD_SIZE": size,
            "LOCAL_WORLD_SIZE": size,
            "MASTER_ADDR": "127.0.0.1",
            "MASTER_PORT": port,
        }
        process = _CONTEXT.Process(target=_process, args=(environment, there, work, given))
        process.start()
        there.close()
        started.append((process, here))
    made = []
    for process, here in started:
        made.append(here.recv() if here.poll(SECONDS) else TimeoutError())
        process.join(1 if isinstance(made[-1], TimeoutError) else SECONDS)
        process.kill()
    return made


def _process(
    environment: dict[str, object], there: Connection, work: Callable[..., Any], given: Any
) -> None:
    os.environ.update({name: str(value) for name, value in environment.items()})
    torch.set_num_threads(1)
    try:
        made = work(*given)
    except Exception as error:
        made = error
    there.send(made)
