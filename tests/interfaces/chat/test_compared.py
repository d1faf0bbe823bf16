"""Every line of our column in docs/terminal.md is backed by tests that are there and are run."""

from __future__ import annotations

import pytest
from backed import check_run, rows

from dialog_s2s.interfaces.chat.commands import COMMANDS

PAGE = "terminal.md"

BACKED = {
    "commands": "commands:help_lists_every_command_on_a_line "
    "commands:help_tells_more_of_each_command",
    "a mistyped command": "completion:a_mistyped_command_is_answered_with_a_near_one_and_not_sent",
    "completion": "completion:tab_inserts completion:files_are_taken_by_tab",
    "history across chats, searched": "prompt:ctrl_r_searches_all_chats",
    "suggestions from history": "prompt:suggestions_are_taken",
    "several lines, paste": "prompt_keys:enter_sends_and_a_new_line_becomes_a_blank "
    "prompt_keys:a_paste_is_a_text_and_nothing_in_it_is_a_key",
    "editor": "editor:what_the_editor_writes_is_cleaned_and_put_at_the_prompt",
    "vi keys": "prompt_keys:vi_keys",
    "stop a reply, keep the chat": "chat_process:ctrl_c_stops_a_reply_and_the_chat_goes_on",
    "try again, take back, edit": "commands_talk:retry commands_talk:undo "
    "commands_talk:an_edited_question_takes_the_place_of_the_last",
    "branch": "commands_talk:branch",
    "conversations kept": "terminal:a_chat_is_kept_and_gone_on_with",
    "killed in mid-reply": "chat_process:killed_at_any_moment_what_was_shown_is_kept",
    "typed history": "typed:only_the_user_may_read_it",
    "switch the model in the chat": "commands_settings:the_conversation_goes_on_with_another_bot",
    "two models side by side": "commands_compare:two_bots_and_a_question_of_its_own",
    "n-best replies with scores": "commands_compare:candidates_are_the_likeliest_first",
    "how sure it is, behind each reply": "display:a_mark_stands_behind_the_reply",
    "why it said so, with file and line": "commands_memory:"
    "why_tells_file_and_line_and_what_was_looked_at",
    "teach and correct without training": "commands_memory:any_answer commands_memory:fix "
    "commands_memory:what_is_forgotten_is_not_said_until_it_is_restored",
    "an exchange becomes a test": "commands_suites:the_last_exchange_becomes_a_case "
    "commands_suites:a_former_expectation_fails_after_a_fix",
    "menu of settings": "menu:keys_of_the_menu",
    "status bar": "prompt:the_bar_is_shown_unless_switched_off "
    "toolbar:what_it_tells_of_the_last_reply",
    "settings file, strictly checked": "preferences:all_mistakes_are_told_at_once "
    "opening:a_broken_file_is_known_before_the_prompt",
    "questions from a pipe": "opening:every_piped_line_is_a_question",
    "JSON": "opening:json_is_an_object_a_line",
    "exit codes told apart": "opening:a_suite_is_run opening:what_is_wrong_is_told_on_stderr "
    "chat_process:a_signal",
    "NO_COLOR": "theme:no_color_takes_them_away_whatever_it_says",
    "widths of Korean and emoji": "wrapping:no_line_is_wider_than_the_terminal "
    "toolbar:it_takes_just_as_many_columns_as_there_are",
    "for screen readers": "opening:plain opening:a_dumb_terminal_is_plain "
    "prompt:plain_lines_are_answered_and_nothing_is_drawn",
    "escape sequences of the model stripped": "sinks:nothing_in_a_chat_steers_the_terminal",
    "SIGTERM, SIGHUP": "signals:a_signal_at_the_prompt signals:a_signal_in_mid_reply",
}
"""Each line of the table, and `file:test` pairs, both without their `test_`."""


def test_every_line_is_backed() -> None:
    assert list(rows(PAGE)) == list(BACKED)
    assert all(cells[0] for cells in rows(PAGE).values())


@pytest.mark.parametrize("line", BACKED)
def test_the_tests_of_a_line_are_there_and_run(line: str) -> None:
    check_run(BACKED[line])


def test_the_commands_are_counted() -> None:
    assert int(rows(PAGE)["commands"][0].split(",")[0]) == len(COMMANDS)
