"""A run as JSON: the documented keys, and what is behind them."""

from __future__ import annotations

import json
import re

from outcomes import A, B
from reported import report

from dialog_s2s.evaluation import suite_json
from dialog_s2s.evaluation.suite_json import as_mapping


def test_it_is_json() -> None:
    tree = as_mapping(report())
    assert json.loads(json.dumps(tree, allow_nan=False)) == tree
    assert tree["failed"] is True
    assert (tree["seeds"], tree["suites"]) == ([1, 2, 3], ["x/replies.suite.yaml"])
    first, second = tree["variants"]
    assert (first["name"], first["pass_rate"], first["leaked"]) == (A.name, 0.7, 1)
    assert (second["settings"], second["bundle"]) == ({"method": "sample"}, B.bundle)
    kept, lost, *_ = tree["cases"]
    assert (kept["name"], kept["file"], kept["line"]) == ("kept", "x/replies.suite.yaml", 1)
    assert [result["variant"] for result in kept["results"]] == [A.name, B.name]
    (result,) = lost["results"]
    assert (result["rate"], result["verdict"], result["fails"]) == (0.5, "regressed", True)
    assert [way["seeds"] for way in result["ways"]] == [[1], [2]]
    assert result["ways"][1]["turns"][0]["failures"][0].startswith("wanted 'Yes.'")
    (turn,) = kept["results"][0]["ways"][0]["turns"]
    assert (turn["question"], turn["reply"], turn["leak"]) == ("the last", "yes!", "shop.csv:7")
    assert kept["results"][1]["ways"][0]["turns"][0]["leak"] is None
    assert tree["comparison"]["lost"] == 1


def test_every_key_is_documented() -> None:
    documented = set(re.findall(r"`(\w+)`", as_mapping.__doc__ or ""))

    def keys(tree: object) -> set[str]:
        if isinstance(tree, list):
            return {key for each in tree for key in keys(each)}
        if not isinstance(tree, dict):
            return set()
        return set(tree) | {key for each in tree.values() for key in keys(each)}

    asked = {"reply", "source", "confidence", "evidence", "milliseconds", "finish", "seed"}
    found = keys(as_mapping(report())) - asked - {"question", "method"}
    assert found <= documented
    assert suite_json.__doc__
