"""Plots: bars and heat maps of characters for the terminal, and the same as pictures.

Pictures need matplotlib, which is an extra.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from wcwidth import width

from dialog_s2s.errors import UsageError
from dialog_s2s.evaluation.extra import load
from dialog_s2s.files import replacing
from dialog_s2s.interfaces.chat.wrapping import fitted
from dialog_s2s.interfaces.sanitize import clean

CELLS = 20
_EIGHTHS = " ▏▎▍▌▋▊▉"
_SHADES = " ░▒▓█"

WIDEST = 8
"""Columns of a source piece in a heat map."""

LABEL = 16
"""Columns of a reply piece beside it."""

COLOURS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442")
"""Told apart by colour-blind eyes (Okabe and Ito 2008)."""

GREY = "#bbbbbb"

FONTS = (
    *("DejaVu Sans", "Noto Sans CJK KR", "Noto Sans KR", "NanumGothic", "Malgun Gothic"),
    *("Apple SD Gothic Neo", "Noto Sans CJK JP", "Droid Sans Fallback"),
)
"""Looked through in turn for each character, those that are installed."""

LONG = 40
"""Characters of a reply in a picture."""

Shares = Sequence[tuple[str, float]]
"""Replies, each with its share of all."""


def bar(share: float, cells: int = CELLS) -> str:
    """So many cells, filled to an eighth."""
    whole, rest = divmod(round(min(1.0, max(0.0, share)) * cells * 8), 8)
    return ("█" * whole + _EIGHTHS[rest] * (rest > 0)).ljust(cells)


def bars(groups: Sequence[tuple[str, Shares]], columns: int) -> tuple[str, ...]:
    """Under each group's name a bar for each reply, before its share and its text."""
    lines = []
    for name, shares in groups:
        lines.append(clean(name))
        for text, share in shares:
            line = f"  {bar(share)} {share:4.0%} {clean(text)}"
            lines.append(fitted(line, max(columns, 1)).rstrip())
    return tuple(lines)


def heat_map(
    source: Sequence[str], reply: Sequence[str], weights_TS: NDArray[np.float32], columns: int
) -> tuple[str, ...]:
    """A column of shaded cells for each piece of the source, a row for each of the reply; the
    darkest is the greatest weight. What is too wide goes on below."""
    heads = [clean(piece) for piece in source]
    wide = [max(2, min(WIDEST, width(head))) for head in heads]
    labels = [clean(piece) for piece in reply]
    left = min(LABEL, max(map(width, labels), default=0))
    most = float(weights_TS.max(initial=0.0)) or 1.0
    lines: list[str] = []
    for start, end in _panels(wide, columns - left - 1):
        lines += [""] if lines else []
        cells = (fitted(heads[at], wide[at]) for at in range(start, end))
        lines.append(" ".join([" " * left, *cells]).rstrip())
        for label, row_S in zip(labels, weights_TS, strict=True):
            shades = (_shade(float(row_S[at]) / most) * wide[at] for at in range(start, end))
            lines.append(" ".join([fitted(label, left), *shades]).rstrip())
    return tuple(lines)


def _panels(wide: Sequence[int], room: int) -> list[tuple[int, int]]:
    """From where to where columns fit side by side; at least one each."""
    found, start, used = [], 0, 0
    for place, columns in enumerate(wide):
        if place > start and used + columns + 1 > room:
            found.append((start, place))
            start, used = place, 0
        used += columns + 1
    return [*found, (start, len(wide))]


def _shade(share: float) -> str:
    return _SHADES[min(len(_SHADES) - 1, int(share * len(_SHADES)))]


def shares_figure(title: str, groups: Sequence[tuple[str, Shares]]) -> Any:
    """Stacked bars: a row for each group, a part for each reply, its colour in the legend.

    Raises:
        UsageError: matplotlib is not installed.
    """
    totals: dict[str, float] = {}
    for _, shares in groups:
        for text, share in shares:
            totals[text] = totals.get(text, 0.0) + share
    common = sorted(totals, key=lambda text: -totals[text])[: len(COLOURS)]
    colours = dict(zip(common, COLOURS, strict=False))
    figure, axis = _drawing(8.0, 2.2 + 0.35 * len(groups) + 0.2 * len(common))
    for place, (_, shares) in enumerate(groups):
        start = 0.0
        for text, share in shares:
            colour = colours.get(text, GREY)
            axis.barh(place, share, left=start, color=colour, edgecolor="white", linewidth=0.8)
            start += share
    axis.set_yticks(range(len(groups)), [_label(name) for name, _ in groups])
    axis.invert_yaxis()
    axis.set_xlim(0, 1)
    axis.set_xlabel("share of the seeds")
    axis.set_title(_label(title))
    patch = load("matplotlib.patches", "plot").Patch
    handles = [patch(color=colours[text]) for text in common]
    names = [f'"{_label(text)}"' for text in common]  # one that began with _ would be left out
    if len(totals) > len(common):
        handles.append(patch(color=GREY))
        names.append(f"{len(totals) - len(common)} others")
    figure.legend(handles, names, loc="outside lower center", frameon=False, fontsize="small")
    return figure


def attention_figure(
    title: Sequence[str],
    source: Sequence[str],
    reply: Sequence[str],
    weights_TS: NDArray[np.float32],
) -> Any:
    """The weights as a picture, a row for each piece of the reply, under lines of a title. Raises
    as `shares_figure` does."""
    columns, rows = min(40.0, 4.5 + 0.36 * len(source)), min(40.0, 2.2 + 0.32 * len(reply))
    figure, axis = _drawing(columns, rows)
    drawn = axis.imshow(weights_TS, cmap="Blues", aspect="auto", vmin=0.0)
    axis.set_xticks(range(len(source)), [_label(piece) for piece in source], rotation=60)
    axis.set_yticks(range(len(reply)), [_label(piece) for piece in reply])
    axis.set_xlabel("what was read")
    axis.set_ylabel("what was said")
    figure.suptitle("\n".join(map(_label, title)))
    figure.colorbar(drawn, ax=axis, label="weight")
    return figure


def save(figure: Any, path: str | Path) -> Path:
    """The picture as a file, of the kind that its name ends in: .png, .svg, .pdf; its path.

    Raises:
        DiskError: it cannot be written.
        UsageError: it is of no such kind.
    """
    place = Path(path)
    kinds = sorted(figure.canvas.get_supported_filetypes())
    if place.suffix.lower()[1:] not in kinds:
        raise UsageError(
            f"{place}: the name does not tell a picture; it must end in .png, .svg or .pdf"
        )
    manager = load("matplotlib.font_manager", "plot").fontManager
    installed = {each.name for each in manager.ttflist}
    families = [name for name in FONTS if name in installed]
    with load("matplotlib", "plot").rc_context({"font.family": families or ["sans-serif"]}):
        for text in figure.findobj(load("matplotlib.text", "plot").Text):
            text.set_fontfamily(families or ["sans-serif"])
        with warnings.catch_warnings(), replacing(place) as stream:
            # what no font of this machine has is drawn as a box
            warnings.filterwarnings("ignore", message="Glyph .* missing")
            figure.savefig(stream, dpi=120, format=place.suffix.lower()[1:])
    return place


def _drawing(wide: float, high: float) -> tuple[Any, Any]:
    # without pyplot: no window system, and nothing left open
    figure = load("matplotlib.figure", "plot").Figure((wide, high), layout="constrained")
    return figure, figure.add_subplot()


def _label(text: str) -> str:
    """A text as it is: no formula, and not too long."""
    cut = clean(text)
    cut = cut if len(cut) <= LONG else cut[: LONG - 1] + "…"
    return cut.replace("$", r"\$")
