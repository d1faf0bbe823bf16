"""The benchmark of suites, at a tiny size."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from benchmarks import suites as benchmark
from dialog_s2s import Bot
from dialog_s2s.interfaces.starter import corpora


def test_the_suite_is_the_same_every_time() -> None:
    one, same = (benchmark.suite(corpora(), 50) for _ in range(2))
    assert one == same
    assert len(one.cases) == len({case.name for case in one.cases}) == 50
    assert len(benchmark.suite(corpora(), 1000).cases) == 1000
    assert benchmark.suite(corpora(), 50, 2) != one


def test_a_reply_that_depends_on_its_company_is_found(
    tiny_bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = benchmark.suite(corpora(), 3)
    assert benchmark.measure(tiny_bot, asked, 1, 2, 2).same
    single = benchmark.run_case

    def other(*given: object, **settings: object) -> object:
        result = single(*given, **settings)  # type: ignore[arg-type]
        step = result.steps[0]
        reply = dataclasses.replace(step.reply, text=step.reply.text + "!")
        return dataclasses.replace(result, steps=(dataclasses.replace(step, reply=reply),))

    monkeypatch.setattr(benchmark, "run_case", other)
    assert not benchmark.measure(tiny_bot, asked, 1, 2, 2).same


def test_the_table(
    tiny_bundle: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["suites", "--bundle", str(tiny_bundle), "--cases", "4", "--seeds", "2"]
    monkeypatch.setattr("sys.argv", [*arguments, "--check", "2"])
    with pytest.raises(SystemExit) as ended:
        benchmark.main()
    assert ended.value.code == 0
    head, line = capsys.readouterr().out.splitlines()
    assert len(head) == len(line)
    assert line.split()[:3] == ["4", "3", "2"]
    assert line.split()[-2:] == ["2", "yes"]
    monkeypatch.setattr("sys.argv", [*arguments, "--check", "2", "--json"])
    with pytest.raises(SystemExit):
        benchmark.main()
    figures = json.loads(capsys.readouterr().out)
    assert (figures["cases"], figures["checked"], figures["same"]) == (4, 2, True)
    assert figures["replies_a_second"] == pytest.approx(4 * 3 * 2 / figures["seconds"])
