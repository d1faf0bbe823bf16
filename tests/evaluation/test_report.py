"""What an evaluation says, to people and to programs."""

from __future__ import annotations

import dataclasses
import json

from reports import FIGURES, evaluation

from dialog_s2s.evaluation.calibration import Coverage
from dialog_s2s.evaluation.report import CURVE_POINTS, as_mapping, span, table

CONTRACT = {
    *("n", "nats_per_char", "generator_nats_per_char", "seen", "unseen", "nats_per_token"),
    *("chrf", "bleu", "token_f1", "exact", "distinct_1", "distinct_2", "answered"),
    *("precision_answered", "ece", "baselines"),
}
BESIDES = {
    *("repetition", "roc_area", "coverage_at_95_precision", "references", "intervals"),
    *("by_source_length", "by_turn_depth", "reliability", "coverage_accuracy", "signatures"),
}

TABLE = """\
1,234 replies

                         bot  95 % interval  most frequent answer  nearest question  replies wanted
nats per character     1.200  1.080 – 1.320
  its generator alone  1.700  1.530 – 1.870
nats per token         2.500  2.250 – 2.750
chrF                    32.0    28.8 – 35.2                  32.0              29.2
BLEU                    12.5    11.2 – 13.8                  12.5              12.5
token F1               30.0%  27.0% – 33.0%                 30.0%             30.0%
exact match            25.0%  22.5% – 27.5%                 25.0%             25.0%
distinct-1             50.0%                                50.0%             50.0%           50.0%
distinct-2             75.0%                                75.0%             75.0%           75.0%
repeated word pairs     0.0%    0.0% – 0.0%                  0.0%              0.0%            1.0%
answered               80.0%  72.0% – 88.0%
  right of those       90.0%  81.0% – 99.0%
calibration error      0.040  0.036 – 0.044
ROC area               0.930  0.837 – 1.023
answers at 95% right   70.0%

reply in training  replies  nats/char  generator  chrF  token F1  exact  answered  right
yes                  1,234      1.200      1.700  32.0     30.0%  25.0%     80.0%  90.0%
no                       0          –          –     –         –      –         –      –

pieces of the source  replies  nats/char  generator  chrF  token F1  exact  answered  right
2–5                       600      1.200      1.700  32.0     30.0%  25.0%     80.0%  90.0%
6                         634      1.200      1.700  32.0     30.0%  25.0%     80.0%  90.0%

user turns so far  replies  nats/char  generator  chrF  token F1  exact  answered  right
1                    1,000      1.200      1.700  32.0     30.0%  25.0%     80.0%  90.0%
2                      200      1.200      1.700  32.0     30.0%  25.0%     80.0%  90.0%
3–7                     34      1.200      1.700  32.0     30.0%  25.0%     80.0%  90.0%

chrf  nrefs:1|case:mixed
bleu  nrefs:1|tok:13a
"""


def test_the_table() -> None:
    assert table(evaluation()) == TABLE


def test_the_table_of_what_is_not_known() -> None:
    shown = table(evaluation(known=False))
    assert "nearest question" not in shown
    assert "reply in training" not in shown
    (line,) = [line for line in shown.split("\n") if "right of those" in line]
    assert line.split() == ["right", "of", "those", "–"]


def test_the_keys() -> None:
    for known in (True, False):
        found = as_mapping(evaluation(known))
        assert found.keys() == CONTRACT | BESIDES
        assert json.loads(json.dumps(found, allow_nan=False)).keys() == found.keys()


def test_the_values() -> None:
    found = json.loads(json.dumps(as_mapping(evaluation()), allow_nan=False))
    assert found["n"] == 1234
    for name, value in FIGURES.items():
        assert found[name] == value
    assert found["intervals"]["ece"] == [0.9 * 0.04, 1.1 * 0.04]
    assert found["seen"]["n"] == 1234
    assert found["seen"]["nats_per_char"] == 1.2
    assert found["seen"]["generator_nats_per_char"] == 1.7
    assert found["unseen"]["n"] == 0
    assert found["unseen"]["nats_per_char"] is None
    assert found["baselines"]["nearest_question"]["chrf"] == 29.2
    assert found["baselines"]["most_frequent_answer"]["intervals"] == {"chrf": [1.0, 2.0]}
    assert found["references"] == {"distinct_1": 0.5, "distinct_2": 0.75, "repetition": 0.01}
    assert [(each["low"], each["high"]) for each in found["by_source_length"]] == [(2, 5), (6, 6)]
    assert [each["n"] for each in found["by_turn_depth"]] == [1000, 200, 34]
    assert found["reliability"][1] == {
        "low": 0.9,
        "high": 1.0,
        "count": 700,
        "confidence": 0.97,
        "accuracy": 0.95,
    }
    assert found["coverage_at_95_precision"] == 0.7
    assert found["coverage_accuracy"][0] == {"threshold": 0.97, "coverage": 0.5, "accuracy": 0.99}


def test_what_is_not_known_is_null() -> None:
    found = as_mapping(evaluation(known=False))
    for name in ("seen", "unseen", "baselines", "ece", "precision_answered", "roc_area"):
        assert found[name] is None
    assert found["coverage_accuracy"] == []
    assert found["coverage_at_95_precision"] == 0


def test_a_long_curve_is_thinned_and_keeps_its_end() -> None:
    long = [Coverage(1 - i / 1000, i / 1000, 0.5) for i in range(1, 1000)]
    found = as_mapping(dataclasses.replace(evaluation(), curve=long))
    shown = found["coverage_accuracy"]
    assert isinstance(shown, list)
    assert CURVE_POINTS / 2 < len(shown) <= CURVE_POINTS
    assert shown[-1]["coverage"] == 0.999
    assert [each["coverage"] for each in shown] == sorted(each["coverage"] for each in shown)


def test_a_span() -> None:
    assert [span(part) for part in evaluation().by_source_length] == ["2–5", "6"]
