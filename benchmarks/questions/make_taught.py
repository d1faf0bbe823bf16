"""Writes the 750 pairs of `taught.yaml` that are made by template: 500 English, 250 Korean.

    python -m benchmarks.questions.make_taught

There is no chance in it: the same file comes out each time. What stands above the line
`by_template:` is written by hand and stays as it is.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.questions.taught_en import ENGLISH
from benchmarks.questions.taught_ko import KOREAN
from benchmarks.questions.template import Template

FILE = Path(__file__).with_name("taught.yaml")
MARK = "\nby_template:\n"


def entries(templates: Sequence[Template]) -> Iterator[str]:
    """The pairs as items of a YAML list."""
    for template in templates:
        for pair in template.pairs():
            lines = [f"{key}: {json.dumps(text, ensure_ascii=False)}" for key, text in pair.items()]
            yield "    - " + "\n      ".join(lines) + "\n"


def made(before: str) -> str:
    """`before`, the text of the file, with its part by template made anew."""
    by_hand, mark, _ = before.partition(MARK)
    english, korean = "".join(entries(ENGLISH)), "".join(entries(KOREAN))
    return f"{by_hand}{mark or MARK}  en:\n{english}  ko:\n{korean}"


def main() -> None:
    """Rewrites the file in place."""
    FILE.write_text(made(FILE.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
