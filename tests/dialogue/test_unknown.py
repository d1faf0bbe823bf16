"""Not knowing, said in the language of the question, on one line, with what may have been meant."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialog_s2s.dialogue.languages import LETTERS, SCRIPTS, TEXTS, WORDS
from dialog_s2s.dialogue.unknown import LONGEST_SUGGESTION, language_of, unknown_reply

QUESTIONS = {
    "en": "Which bus goes to the airport?",
    "de": "Darf ich meinen Hund mitbringen?",
    "fr": "Combien de temps dure le trajet ?",
    "es": "¿Cuánto dura el viaje?",
    "it": "Di che colore è il cappotto?",
    "pt": "Posso levar o meu cachorro?",
    "nl": "Hoe lang duurt de reis?",
    "pl": "Jak długo trwa podróż?",
    "sv": "Vilken färg har kappan?",
    "da": "Hvad farve har frakken?",
    "nb": "Hva slags farge har frakken?",
    "fi": "Kuinka kauan matka kestää?",
    "tr": "Köpeğimi getirebilir miyim?",
    "cs": "Můžu si vzít psa?",
    "ro": "Am nevoie de o chitanță",
    "hu": "Meddig tart az út?",
    "vi": "Tôi có thể mang chó theo không?",
    "id": "Boleh saya bawa anjing?",
    "ru": "Сколько длится поездка?",
    "uk": "Мені потрібен чек",
    "bg": "Колко трае пътуването?",
    "ar": "هل يمكنني إحضار كلبي؟",
    "fa": "سفر چقدر طول می‌کشد؟",
    "ur": "سفر کتنا لمبا ہے؟",
    "ko": "강아지 데려가도 돼요?",
    "ja": "犬を連れて行ってもいいですか？",
    "zh": "可以带狗吗？",
    "el": "Πόσο διαρκεί το ταξίδι;",
    "he": "כמה זמן נמשכת הנסיעה?",
    "th": "ใช้เวลาเดินทางนานเท่าไร",
    "hi": "सफ़र कितना लंबा है?",
    "bn": "যাত্রায় কত সময় লাগে?",
    "ta": "பயணம் எவ்வளவு நேரம்?",
}
each = pytest.mark.parametrize("code", TEXTS)


def test_it_says_so_and_offers_the_nearest() -> None:
    asked = ["when do you open?"]
    assert unknown_reply("What is love?", asked) == (
        'I don\'t know that yet. Did you mean "when do you open"?'
    )
    assert unknown_reply("사랑이 뭐예요?", ["몇 시에 여나요?"]) == (
        '그건 아직 몰라요. 혹시 "몇 시에 여나요" 말씀이신가요?'
    )
    assert unknown_reply("愛とは何ですか？", ["何時に開きますか？", "休みは？"]) == (
        "それはまだわかりません。もしかして「何時に開きますか」または「休みは」のことですか？"
    )


@each
def test_a_question_is_answered_in_its_language(code: str) -> None:
    assert language_of(QUESTIONS[code]) == code
    assert language_of(unicodedata.normalize("NFD", QUESTIONS[code]).upper()) == code
    assert unknown_reply(QUESTIONS[code], known_language="en") == TEXTS[code].unknown


@each
def test_the_bot_speaks_the_language_it_means_to(code: str) -> None:
    texts = TEXTS[code]
    assert language_of(f"{texts.unknown} {texts.meant}") == code
    assert texts.meant.count("{}") == 1
    said = unknown_reply("", ["A", "B"], known_language=code)
    opening, closing = texts.quotes
    assert f"{opening}A{closing}{texts.either}{opening}B{closing}" in said
    assert not [c for c in said if unicodedata.category(c)[0] == "C" or c in "*_`#[]<>|\\{}~"]


def test_the_tables_agree() -> None:
    scripts = {script: codes.split() for script, codes in SCRIPTS.items()}
    assert sorted(code for codes in scripts.values() for code in codes) == sorted(TEXTS)
    shared = {code for codes in scripts.values() if len(codes) > 1 for code in codes}
    assert WORDS.keys() == shared
    assert LETTERS.keys() <= shared
    for code, words in (WORDS | LETTERS).items():
        assert unicodedata.normalize("NFKC", words) == words == words.lower(), code
        assert len(set(words.split())) == len(words.split()), code
        assert len(set(LETTERS.get(code, ""))) == len(LETTERS.get(code, "")), code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("wifi 비번 뭐예요?", "ko"),
        ("iPhone 15 Pro Max 가격", "ko"),
        ("The Beatles 노래 있어요?", "ko"),
        ("what does 안녕 mean?", "en"),
        ("有WiFi吗", "zh"),
        ("東京タワー", "ja"),
        ("ﾗｰﾒﾝ", "ja"),
        ("ㅋㅋㅋ", "ko"),
        ("Was heißt hello auf Deutsch?", "de"),
        ("Где купить iPhone?", "ru"),
        ("what’s the use of it", "en"),
        ("Where is the café?", "en"),
        ("J’ai faim", "fr"),
        ("é grande?", "pt"),
    ],
)
def test_mixed_text_is_in_the_language_that_holds_it_together(text: str, code: str) -> None:
    assert language_of(text) == code


@pytest.mark.parametrize(
    "text", ["", " ", "?!", "🙂👍🏽", "12:30", "Taxi", "no", "xkcd", "გამარჯობა", "\ud800"]
)
def test_the_known_language_serves_where_the_text_tells_none(text: str) -> None:
    assert language_of(text) is None
    assert unknown_reply(text) == TEXTS["en"].unknown
    assert unknown_reply(text, known_language="ko") == TEXTS["ko"].unknown
    assert unknown_reply(text, known_language="xx") == TEXTS["en"].unknown


def test_two_are_offered_each_once_and_never_the_question_itself() -> None:
    asked = ["When do you OPEN", "  ", "?", "who are you?", "Who are you", "Why?", "How?"]
    said = unknown_reply("when do you open?", asked)
    assert said.endswith('Did you mean "who are you" or "Why"?')
    assert unknown_reply("when do you open?", ["When do you open!"]) == TEXTS["en"].unknown


def test_a_long_suggestion_is_cut_between_words() -> None:
    said = unknown_reply("why is it", ["may I bring " + "my very old dog, " * 9])
    offered = said.split('"')[1]
    assert offered == "may I bring my very old dog, my very old dog, my very old…"
    assert len(offered) <= LONGEST_SUGGESTION


@pytest.mark.parametrize("unit", ["가", "நி", "👩\u200d🚀", "e\u0301"])
def test_a_suggestion_without_blanks_is_cut_between_characters(unit: str) -> None:
    offered = unknown_reply("why is it", [unit * 70]).split('"')[1]
    whole, rest = divmod(len(offered) - 1, len(unit))
    assert (offered, rest) == (unit * whole + "…", 0)
    assert LONGEST_SUGGESTION - 4 < len(offered) <= LONGEST_SUGGESTION


@pytest.mark.parametrize(
    ("suggestion", "shown"),
    [
        ('what does "open" mean?', "what does 'open' mean"),
        ("was heißt „offen“?", "was heißt 'offen'"),
        ("one\r\ntwo\u2028three\x1b[0m", "one two three [0m"),
        ("it's {} or {0}", "it's {} or {0}"),
        ("¿abren hoy?", "abren hoy"),
    ],
)
def test_quotes_and_breaks_of_a_suggestion_do_not_get_through(suggestion: str, shown: str) -> None:
    said = unknown_reply("why is it", [suggestion])
    assert said == f'I don\'t know that yet. Did you mean "{shown}"?'


@given(
    question=st.text(st.characters()),
    suggestions=st.lists(st.text(st.characters(), max_size=90), max_size=4),
    known=st.none() | st.text(max_size=3) | st.sampled_from(list(TEXTS)),
)
def test_whatever_is_asked_it_is_one_short_line(
    question: str, suggestions: list[str], known: str | None
) -> None:
    said = unknown_reply(question, suggestions, known)
    assert said
    assert len(said.splitlines()) == 1
    assert len(said) < 100 + 2 * LONGEST_SUGGESTION
    assert said.encode()
    assert language_of(question) in {None, *TEXTS}


def test_another_language_than_the_questions() -> None:
    assert unknown_reply("when do you open", ["a b"], "en", "ko") == (
        '그건 아직 몰라요. 혹시 "a b" 말씀이신가요?'
    )
    assert unknown_reply("언제 열어요", (), "ko", "de") == "Das weiß ich noch nicht."
