"""Every line of our column in docs/suites.md is backed by tests that are there and are run."""

from __future__ import annotations

import pytest
from backed import check_run, rows

from dialog_s2s.evaluation.expectations import KINDS
from dialog_s2s.evaluation.robust import KINDS as CHANGES

PAGE = "suites.md"

BACKED = {
    "needs no cloud and no API key": "pytest_plugin:a_trained_bot_its_settings_and_its_fixtures",
    "tests a model one trained oneself": "suites:the_page "
    "pytest_plugin:a_trained_bot_its_settings_and_its_fixtures",
    "several turns": "suites:run suites:cases_know_nothing_of_each_other",
    "any of several replies": "assertions:holds case_reader:each_holds_for_some_reply",
    "text, regex, similarity": "assertions:holds "
    "assertions:fails "
    "assertions:chrf_is_that_of_evaluation",
    "where a reply came from": "assertions:all_sources "
    "assertions:each_assertion_of_a_mapping_speaks_for_itself",
    "confidence": "assertions:holds assertions:fails",
    "code of one's own": "custom:holds custom:fails_in_one_line",
    "negation": "assertions:holds assertions:fails",
    "parameters": "templates:a_mapping_of_lists_is_their_product "
    "templates:a_list_of_mappings_is_taken_as_it_is",
    "models x settings x seeds": "matrix:each_case_is_as_if_it_were_asked_alone "
    "matrix:order_and_names "
    "wanted:settings_and_seeds",
    "flaky told apart from broken": "baseline:verdicts runs:rates",
    "blessed baseline, with the words that changed": "baseline:verdicts "
    "baseline:the_file "
    "unlike:words_that_are_new suite_html:words_that_are_new_are_marked "
    "test_command:bless_then_change test_command:what_changed_since_it_was_blessed_is_shown "
    "test_bundle:teaching_makes_a_regression",
    "is B better than A, or is it chance": "compare:mcnemar "
    "compare:sentences "
    "suite_report:two_variants_are_compared_and_no_other_number",
    "training questions among the tests": "leaks:of_a_bundle "
    "suites_check:check_counts_and_lists_leaks",
    "suites made from a corpus": "derived:pairs "
    "derived:follow_ups_and_intents "
    "suites_command:a_corpus_becomes_a_suite",
    "variants with typing mistakes, casing, ...": "suites_command:robust "
    "robust:every_kind_has_variants_of_the_right_cases",
    "questions that it must not answer": "derived:unknown "
    "derived:training_does_not_know_the_first_ones "
    "suites_command:unknown",
    "from the chat in one command": "commands_suites:the_last_exchange_becomes_a_case "
    "commands_suites:a_former_expectation_fails_after_a_fix "
    "suites_chat:what_was_said_becomes_a_test_that_fails_when_it_changes",
    "pytest": "pytest_plugin:failures_show_the_dialogue "
    "pytest_plugin:cases_are_chosen "
    "pytest_plugin:workers_have_one_bot_each",
    "reports": "junit:suites_and_cases "
    "suite_json:it_is_json "
    "suite_markdown:tables_and_failures "
    "suite_html:the_page "
    "test_command:reports test_bundle:reports_of_a_bot",
    "runs again at every change": "watch:changes watch:what_changed_before_is_told_at_once "
    "test_watched:watch test_watched:the_command_runs_again_until_ctrl_c",
    "which training broke it": "compare:bisect "
    "bisecting:each_bundle_is_asked_once_and_only_what_fails "
    "test_command:bisect test_command:bisect_asks_older_bundles_only_what_the_newest_fails "
    "test_bundle:the_training_that_broke_it_is_found",
    "completion and checks in an editor": "suite_schema:the_file_is_the_schema "
    "suite_schema:each_kind "
    "suites_command:schema",
}
"""Each line of the table, and `file:test` pairs, both without their `test_`."""


def test_every_line_is_backed() -> None:
    assert list(rows(PAGE)) == list(BACKED)
    assert all(len(cells) == 4 and all(cells) for cells in rows(PAGE).values())


def test_we_claim_nothing_that_is_not_known() -> None:
    assert not {"?", "-"} & {ours for ours, *_ in rows(PAGE).values()}


@pytest.mark.parametrize("line", BACKED)
def test_the_tests_of_a_line_are_there_and_run(line: str) -> None:
    check_run(BACKED[line])


def test_what_is_counted() -> None:
    ours = {name: cells[0] for name, cells in rows(PAGE).items()}
    assert int(ours["text, regex, similarity"].split()[0]) == len(KINDS)
    assert f"{len(CHANGES)} kinds" in ours["variants with typing mistakes, casing, ..."]
