"""The one dial: every open setting is chosen, and what was given stays."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialog_s2s.config import (
    Config,
    MemoryConfig,
    ModelConfig,
    TextConfig,
    TrainingConfig,
    config_from_text,
    config_text,
)
from dialog_s2s.model.build import Pieces, build
from dialog_s2s.training.corpus import Survey
from dialog_s2s.training.sizing import choose, paced

SURVEYS = st.builds(
    lambda pairs, questions, replies, characters, followed, longest: Survey(
        pairs,
        max(1, round(pairs * questions)),
        max(1, round(pairs * replies)),
        pairs * characters,
        round(pairs * followed),
        longest if round(pairs * followed) else 0,
    ),
    st.integers(2, 50_000_000),
    st.floats(0, 1),
    st.floats(0, 1),
    st.integers(1, 300),
    st.sampled_from([0.0, 0.1, 0.9]),
    st.integers(1, 5000),
)
MINUTES = st.sampled_from([None, 0.001, 0.5, 1.0, 2.5, 10.0, 100_000.0])
TIMED = {"training.steps", "training.save_updates"}
"""Chosen by a timing."""

PACED = {"training.learning_rate", "model.dropout"}
"""Chosen when it is known how long is trained."""

ANSWERING = {"generation.seed", "generation.threshold"}
"""Left open by training: chosen for each reply, and as fitted."""

ALONE = Survey(1000, 800, 300, 40_000, 0, 0)
FOLLOWED = Survey(1000, 800, 300, 40_000, 200, 3)


def sized(survey: Survey, minutes: float | None = None) -> Config:
    config = Config(training=TrainingConfig(minutes=minutes))
    chosen = choose(config, survey, "float32", 2)[0]
    return paced(chosen, survey, 500, 8.0)[0]


def open_settings(config: Config) -> set[str]:
    return {
        f"{section.name}.{item.name}"
        for section in fields(config)
        for item in fields(getattr(config, section.name))
        if getattr(getattr(config, section.name), item.name) is None
    }


@given(SURVEYS, MINUTES)
def test_every_setting_is_chosen_and_sound(survey: Survey, minutes: float | None) -> None:
    config = sized(survey, minutes)
    assert open_settings(config) == {*TIMED, *ANSWERING}
    # in range, and of the declared type: a reader that checks both takes it as it is
    assert config_from_text(config_text(config).encode(), "sized") == config


@given(SURVEYS, MINUTES)
def test_each_choice_is_told_with_its_reason(survey: Survey, minutes: float | None) -> None:
    before = Config(training=TrainingConfig(minutes=minutes))
    after, choices = choose(before, survey, "float32", 2)
    told = {choice.setting: choice.value for choice in choices}
    assert told.keys() == open_settings(before) - open_settings(after)
    assert len(told) == len(choices)
    last, more = paced(after, survey, 500, 8.0)
    assert {choice.setting for choice in more} == open_settings(after) - open_settings(last)
    assert {choice.setting for choice in more} == PACED
    after = last
    for choice in (*choices, *more):
        section, name = choice.setting.split(".")
        assert getattr(getattr(after, section), name) == choice.value
        assert choice.reason


@pytest.mark.parametrize("minutes", [0.1, 1.0, 5.0])
@pytest.mark.parametrize("survey", [ALONE, FOLLOWED, replace(ALONE, characters=300_000)])
def test_the_model_chosen_can_be_built(survey: Survey, minutes: float) -> None:
    config = sized(survey, minutes)
    model = build(config.model, Pieces(300, 0, (4, 5, 6)))
    assert sum(weight.numel() for weight in model.parameters()) > 10_000


GIVEN = Config(
    text=TextConfig(vocabulary=333, fold_sources=False, history_turns=7, held_out=0.0),
    model=ModelConfig(
        core="transformer",
        attention="dot",
        heads=2,
        embedding=34,
        width=36,
        encoder_layers=3,
        decoder_layers=2,
        dropout=0.0,
        copy=False,
    ),
    training=TrainingConfig(
        minutes=0.3,
        steps=17,
        save_updates=9,
        epochs=3,
        batch_tokens=77,
        learning_rate=0.1,
        label_smoothing=0.0,
        subword_noise=0.0,
        word_drop=0.4,
        stray_history=0.0,
        precision="bfloat16",
        threads=9,
    ),
    memory=MemoryConfig(enabled=False, learned=3, prior=False, misspelt=0.9, reworded=0.1),
)


@given(SURVEYS)
def test_what_is_given_stays(survey: Survey) -> None:
    config, choices = choose(GIVEN, survey, "float32", 2)
    assert {choice.setting for choice in choices} == open_settings(GIVEN) - ANSWERING
    for section in ("text", "model", "training", "memory"):
        for item in fields(getattr(GIVEN, section)):
            value = getattr(getattr(GIVEN, section), item.name)
            assert value is None or getattr(getattr(config, section), item.name) == value
    assert choose(config, survey, "bfloat16", 3) == (config, [])
    assert paced(config, survey, 9, 0.1) == (config, [])


@given(SURVEYS, st.sampled_from(sorted(open_settings(Config()) - open_settings(GIVEN))))
def test_one_given_setting_stays(survey: Survey, setting: str) -> None:
    section, name = setting.split(".")
    value = getattr(getattr(GIVEN, section), name)
    part = replace(getattr(Config(), section), **{name: value})
    config, choices = choose(replace(Config(), **{section: part}), survey, "float32", 2)
    config, more = paced(config, survey, 500, 8.0)
    assert getattr(getattr(config, section), name) == value
    assert setting not in {choice.setting for choice in (*choices, *more)}


def test_the_machine_is_used() -> None:
    config, _ = choose(Config(), ALONE, "bfloat16", 12)
    assert (config.training.precision, config.training.threads) == ("bfloat16", 12)


def test_history_is_read_where_there_is_any() -> None:
    alone, followed = sized(ALONE), sized(FOLLOWED)
    assert (alone.text.history_turns, alone.training.stray_history) == (0, 0.0)
    assert followed.text.history_turns == 3
    assert followed.training.stray_history is not None
    assert followed.training.stray_history > 0


def test_more_text_has_more_pieces() -> None:
    sizes = [
        sized(replace(ALONE, characters=characters)).text.vocabulary
        for characters in (10, 10_000, 50_000, 500_000, 5_000_000, 500_000_000)
    ]
    assert sizes == sorted(sizes)
    assert len(set(sizes)) > 3


def test_words_are_compared_where_questions_share_replies() -> None:
    shared, apart = sized(replace(ALONE, replies=100)), sized(replace(ALONE, replies=990))
    assert (shared.memory.learned, apart.memory.learned) == (64, 0)
    assert shared.memory.misspelt == apart.memory.misspelt == 0.3


def test_a_small_corpus_holds_out_a_larger_share() -> None:
    shares = [sized(replace(ALONE, questions=n)).text.held_out for n in (100, 10_000, 10**7)]
    assert shares == sorted(shares, reverse=True)
    assert shares[0] > shares[-1] > 0


NAMED = replace(ALONE, slots=9, repeating=0.4)


def test_slots_need_words_and_copying() -> None:
    def chosen(**sections: object) -> Config:
        return choose(Config(**sections), NAMED, "float32", 1)[0]  # type: ignore[arg-type]

    assert (chosen().text.slots, chosen().model.copy) == (9, True)
    for config in (
        chosen(text=TextConfig(phrases=True)),
        chosen(model=ModelConfig(copy=False)),
        chosen(model=ModelConfig(attention="none")),
        choose(Config(), replace(NAMED, replies=100), "float32", 1)[0],
    ):
        assert config.text.slots == 0
    few = choose(Config(text=TextConfig(phrases=False)), replace(NAMED, replies=100), "float32", 1)
    assert few[0].text.slots == 9
    assert chosen(text=TextConfig(slots=2)).text.slots == 2


def test_a_transformer_has_larger_batches() -> None:
    config = Config(model=ModelConfig(core="transformer"))
    chosen = choose(config, ALONE, "float32", 2)[0].training.batch_tokens
    own = sized(ALONE).training.batch_tokens
    assert chosen is not None
    assert own is not None
    assert chosen > own


OPEN = replace(ALONE, replies=900, characters=200_000)
"""Nearly as many replies as pairs."""


@pytest.mark.parametrize("core", ["gru", "transformer"])
def test_the_longer_it_trains_the_lower_is_the_rate(core: str) -> None:
    config = choose(Config(model=ModelConfig(core=core)), OPEN, "float32", 2)[0]
    rates = [
        paced(config, OPEN, updates, 8.0)[0].training.learning_rate
        for updates in (1, 50, 500, 5_000, 500_000)
    ]
    assert rates == sorted(rates, reverse=True)  # type: ignore[type-var]
    assert rates[0] == rates[1]
    assert len(set(rates)) > 3
    assert all(rates)


def test_what_is_seen_often_is_dropped_out_more() -> None:
    config = choose(Config(), OPEN, "float32", 2)[0]
    rates = [paced(config, OPEN, 500, passes)[0].model.dropout for passes in (0.1, 3, 8, 50, 1e6)]
    assert rates == sorted(rates)  # type: ignore[type-var]
    assert rates[0] == 0.0
    assert len(set(rates)) > 2


def test_few_replies_may_be_learnt_by_heart() -> None:
    few = replace(ALONE, replies=100)
    assert paced(choose(Config(), few, "float32", 2)[0], few, 500, 50.0)[0].model.dropout == 0.0
