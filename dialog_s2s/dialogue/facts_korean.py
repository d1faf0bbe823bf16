"""Korean wordings of facts: how they are stated, asked for, and recalled."""

from __future__ import annotations

import re
from functools import cache

from dialog_s2s.dialogue.facts_wordings import Language, pattern, rules, words

_SYLLABLES = range(0xAC00, 0xD7A4)
_OPEN = "".join(map(chr, _SYLLABLES[::28]))
"""The syllables without a final consonant; each opens a block of 28."""
_CLOSED = "".join(f"{chr(code + 1)}-{chr(code + 27)}" for code in _SYLLABLES[::28])

_SLOTS = {
    "c": f"(?<![{_OPEN}])",
    "o": f"(?<![{_CLOSED}])",
    # endings go by the final consonant: 지민이야, but 유나야
    "is": "이에요|이예요|예요|에요|입니다|인데요?|<o>야|"
    "<c>(이야|이고요?|이구요|이다|이지|이죠|임|이거든요?|이랍니다)",
    "and": "<o>(고요?|구요|거든요?|랍니다)",
    "called": "(<c>이|<o>)라고 ?(해요?|합니다|하고|하는데요?|불러요?|부릅니다|"
    "불러 ?줘요?|불러 ?주세요|불려요?)",
    "some": r"\S+?( \S+?){0,2}?",
    "my": "제|저의|내|나의|우리|저희",
    "i": "저는|전|나는|난|저|나|제가|내가|저희는|우리는",
    "of": "은|는|이|가",
    "to": "을|를|은|는|이|가|도",
    "at": "에서|에|서",
    "what": "(뭐|뭘|무엇)(을|를)?",
    "most": "제일|가장|젤",
    "pet": "강아지|개|고양이|냥이|햄스터|토끼|앵무새|거북이|물고기|금붕어|반려견|반려묘",
    "relative": "(여자 ?|남자 ?)?친구|여친|남친|아내|와이프|남편|언니|누나|오빠|형|여?동생|남동생|"
    "딸|아들|엄마|어머니|아빠|아버지|할머니|할아버지|이모|고모|삼촌|사촌|조카|쌍둥이|룸메이트",
    "job": "회사원|직장인|공무원|연구원|은행원|승무원|경찰관?|소방관|군인|간호사|의사|약사|변호사|"
    "판사|검사|회계사|요리사|미용사|교사|선생님?|교수|강사|(대|대학원|고등|중|초등|유치원)?학생|"
    "취업준비생|개발자|프로그래머|엔지니어|디자이너|기자|작가|화가|가수|배우|과학자|건축가|"
    "번역가|통역사|농부|어부|기사|바리스타|주부|사업가|자영업자|프리랜서|영양사|치료사|조종사|사서",
    "tens": "열|스물|서른|마흔|쉰|예순|일흔|여든|아흔",
    "age": r"\d{1,3}|<tens> ?(하나|한|둘|두|셋|세|넷|네|다섯|여섯|일곱|여덟|아홉)|<tens>|스무",
    "now": "올해|이제|지금|현재|요즘|벌써",
    "date": r"([\d년./-]+ ?)*(\d+ ?월( ?\d+ ?일)?|\d+[./-]\d+)",
    "very": "(제일|가장|아주|정말|진짜|너무|무척|매우|많이|엄청|참) ?",
    "do": "해요?|합니다|한다|하고|하는데요?|함|하거든요?",
    "live": "살아요?|삽니다|산다|살고 ?있(어요?|습니다|다|고|는데요?)|살고|사는데요?|살거든요?|"
    "거주(해요?|합니다|중이에요)",
    "keep": "키워요?|키웁니다|키우고 ?있어요?|길러요?|있어요?|있습니다",
    "e-mail": "(이메일|메일)( ?주소)?",
    "phone": "(전화|핸드폰|휴대폰|휴대전화|폰|연락처)( ?번호)?|번호",
    # how a question goes on: endings are too many to list, but made of few syllables
    "tail": "[ ?.!~,ㅋㅎㅠ뭐뭔뭘무엇슨누구군언제젠어디딘떻게몇기억나하해했한할알아고있니요세시셨"
    "씀말드렸줘주래봐되돼번마리명살월일이라다는지인가예에었였야죠더던냐까걸것거습혹직먹서은을를도"
    "달좋싫키우운사산출생년됐든렴네잊까먹합]*",
    "rest": "(?=.*(뭐|뭔|뭘|무엇|무슨|누구|누군|언제|언젠|어디|어딘|몇|어떻게|기억|알|아세|말|잊|"
    "까먹|게[?~.! ]*$))<tail>",
}
# "@" is a greeting or a "no" that the sentence opens with.
_TOLD = r"""
name = <my> 이름은 <old:some><of>? ?아니(에요|고|고요|야|라)( <value:some>(<is>|<and>))?
* = <old:some><of>? 아니(라|고) <value:some>(<is>|<called>)
name = (<my> ?|<i> )(이름|성함|본명)<of>? <value:some>(<is>|<and>|<called>)
name = (<my> |<i> )이름은 (?P<value>[가-힣]{2,4}(?<![까야요다면게])|[a-z]+)
name = <i> (그냥 |편하게 )?(?P<value>\S+?)<called>
job = (@ )?<i> (\S+<at> )?((일하는|사는|다니는|온) )?
  (?P<value>([가-힣]+ )?[가-힣]*<job>)(<is>|<and>)
name = @ (<i> )?(?P<value>[가-힣]{2,4}?|[a-z]+( [a-z]+)?)(<is>|<and>|<called>)
age = (@ )?(<i>|<my> 나이<of>?) ?(<now> )?<value:age> ?살(<is>|이에요|먹었어요?)?
age = (@ )?(<i>|<my> 나이<of>?) ?(<now> )?<value:age> ?세?(<is>)
home = (<i> )?(<now> )?<value:some>(에서|에) ?<live>
home = <i> (<now> )?(?P<value>\S+(?<![로게히이도만며서어아고은는을를랑과와대])) <live>
birthday = (<my> ?|<i> )생일<of>? <value:date>(<is>)?
birthday = <i> <value:date>(에 태어났(어요?|습니다)|생<is>)
origin = (<i> |<my> )?(고향<of>? ?)?<value:some> ?출신(<is>|<and>)
origin = (<my> )?고향<of> <value:some>(<is>|<and>)
origin = <i> <value:some>(에서|에) ?(왔|태어났)(어요?|습니다)
job = (<my> |<i> )직업<of>? <value:some>(<is>|<and>)
job = <i> <value:some>(으로|로) (일해요?|일합니다|일하고 ?있(어요?|습니다))
e-mail address = <my> <e-mail><of>? (?P<value>[\w.+-]+@[a-z0-9.-]+)(<is>)?
phone number = <my> <phone><of>? (?P<value>\+?\d[\d -]{6,18}\d)(<is>)?
좋아하는 {x} = (<i> (<most> )?|<most> )좋아하는 (?P<x>\S+?)<of> <value:some>(<is>|<and>)
{x} 이름 = (<my> (집 )?)?(?P<x><pet>|<relative>)의? ?이름<of>? <value:some>(<is>|<and>|<called>)
{x} 이름 = <my> (?P<x><pet>|<relative>)<of>? <value:some><called>
pet: {x} = (<i> |(<i> |<my> )집에 )(?P<value>(?P<x><pet>)(<to>? \S+ ?마리)?)<to>? ?<keep>
pet: {x} = (?P<value>(?P<x><pet>)<to>? \S+ ?마리)<to>? ?<keep>
family: {x} = <i> (?P<value>(?P<x><relative>)(<of>? \S+ ?명)?)<of>? ?있(어요?|습니다)
likes: {x} = <i> (<very>)*(?P<value>(?P<x><some>))(을|를|은|는|도)? (<very>)*(좋아|사랑)<do>
dislikes: {x} = <i> (<very>)*(?P<value>(?P<x><some>))(을|를|은|는|도)? (<very>)*
  (싫어<do>|안 ?좋아<do>|좋아하지 ?않아요?)
likes: {x} = (저는|전|나는|난) (?P<value>(?P<x><some>))(이|가) (<very>)*좋(아요?|습니다)
dislikes: {x} = (저는|전|나는|난) (?P<value>(?P<x><some>))(이|가) (<very>)*싫(어요?|습니다)
{x} = <my> (?P<x>\S+( \S+)?)<of> <value:some><is>
"""
_NOTED = r"""
그 {x} = (?P<x>\S+( \S+)?)<of> (?P<value>.+?)<is>
"""
_ASKED = r"""
name = (<my> ?|<i> )(이름|성함)<rest>|<i> (?=누구|누군)<rest>
age = (<my> ?|<i> )(나이|연세)<rest>|<i> ?(올해 )?(?=몇 ?살)<rest>
home = <i> (지금 )?어디<at>? ?(?=사|살|산)<tail>|<my> ?(집|사는 (곳|데))<rest>
origin = <i> 어디<at>? ?(출신|왔|온|태어난|태어났)<tail>|<my> 고향<rest>
job = (<my> ?|<i> )직업<rest>|<i> (무슨 일|뭐|뭘)(을|를)? ?하는 ?사람<tail>
birthday = (<my> ?|<i> )생일<rest>|<i> 언제 태어났<tail>
e-mail address = <my> ?<e-mail><rest>
phone number = <my> ?<phone><rest>
좋아하는 {x} = (<i> |<my> )(<most> )?좋아하는 (?P<x>(?!거|것|게)\S+?)<rest>
좋아하는 {x} = <i> 무슨 (?P<x>\S+?)(을|를)? (<most> )?좋아<tail>
likes: = <i> <what> ?(?=좋아)<tail>|<i> 좋아하는 (거|것|게)<rest>
dislikes: = <i> <what> ?(?=싫어)<tail>|<i> 싫어하는 (거|것|게)<rest>
note: = (<i> )?<what> ?(?=기억)<rest>|(<i> )?기억해 ?(달라|줘)(고|라고) ?한 (거|게|것)<rest>
pet: = <i> (무슨|어떤) (반려|애완)?동물(을|를)? ?(?=키우|키운)<tail>
pet: {x} / {x} 이름 = <i> (?P<x><pet>)(를|을)? (?=몇 ?마리)<rest>
family: {x} / {x} 이름 = <i> (?P<x><relative>)(이|가)? (?=몇 ?명)<rest>
{x} / {x}이 / {x} 이름 / 그 {x} = <my> (?P<x>\S+?( \S+?)?)<of>? <rest>
그 {x} = (?P<x>\S+?( \S+?)?)<of>? (?=(언제|몇 ?시|어디|뭐))<rest>
"""
_LEAD = pattern(
    "^((네(?= ?[저제,.!])|예|응|어|음|아|참|그리고|근데|그런데|저기요?|사실은?|아니|아니요|아뇨|"
    "너(?= (내|제) )|미안|죄송해요|있잖아요?|그럼|그러면|혹시|고마워요?|감사합니다)[,.! ~]+)+"
)
_GREETING = pattern(
    "^(안녕(하세요|하십니까)?|처음 ?뵙겠습니다|반갑습니다|반가워요?|하이|아니야?|아니요|아뇨)"
    "[,.!~ ]+(?=[저전나난])"
)
_CLOSING = pattern(r"[ .,!?~^ㅋㅎㅠㅜ;:\)…]+$")
# Words that no value has: then it is a state, a comment or a pointer.
_NO_VALUE = words(
    "뭐 뭔가 누구 언제 어디 왜 어떻게 얼마 몇 무슨 무엇 거 것 게 이거 그거 저거 이것 그것 저것 "
    "여기 거기 저기 그 이 저 너 널 네 당신 나 내 제 그대 걔 얘 쟤 우리 사람 아니 별로 최고 최악 "
    "전부 처음 마지막 비밀 엉망 바보 아직 오늘 내일 모레 어제 지금 혼자 같이 잘 못 안 더 그냥 "
    "따로 걍 때문 중 정도 뿐 마찬가지 예정 상태 생각 문제 맛 재미 낙 힘 멋 희망 기분 모두 다 진짜 "
    "정말 집 밖 회사 학교 장난 거짓말 남자 여자 팬 초보 고객 손님 단골 회원 솔로 한국인 미국인 "
    "외국인 환자 의문 미정 몰라 모름 본인 알"
)
_NO_THING = words(
    "주문 택배 배송 상품 물건 환불 교환 결제 문제 질문 생각 말 의견 마음 기분 상태 상황 잘못 소원 "
    "사랑 인생 하루 요점 부탁 경우 차례 꿈 맘 속 탓 편 이상형 스타일 남친 여친 남자친구 여자친구 "
    "친구 전남친 전여친 썸남 썸녀 짝남 짝녀 애인 연애 관계 자신 인연 삶 자존심 얼굴 몸 머리 실수 "
    "결론 주위 주변 목표 사람 여자 남자 시간"
)
_NAMES = {
    "name": "이름",
    "age": "나이",
    "home": "사는 곳",
    "origin": "고향",
    "job": "직업",
    "birthday": "생일",
    "phone number": "전화번호",
    "e-mail address": "이메일 주소",
    "likes": "좋아하는 것",
    "dislikes": "싫어하는 것",
    "pet": "키우는 동물",
}
_ALIASES = {"색깔": "색", "컬러": "색"}
# {이} and the like are there after a final consonant, {을} is 을 or 를, {가} 이 or 가.
_SAID = {
    **dict.fromkeys(("name", "job", "age"), "{value}{이}라고 하셨어요."),
    "home": "{value}에 사신다고 하셨어요.",
    "origin": "{value} 출신이라고 하셨어요.",
    "likes": "{value}{을} 좋아한다고 하셨어요.",
    "dislikes": "{value}{을} 싫어한다고 하셨어요.",
    "pet": "{value}{을} 키운다고 하셨어요.",
    "family": "{value}{가} 있다고 하셨어요.",
    "note": "이렇게 기억해 달라고 하셨어요: {value}",
}


def closed(word: str) -> bool:
    """Whether a word ends in a final consonant when read aloud; in Latin letters, a guess."""
    last = word.rstrip("\"' .,!)")[-1:]
    if "가" <= last <= "힣":
        return last not in _OPEN
    if last.isdecimal():
        return last in "013678"
    return bool(re.search(r"([lmn]e?|ng|\b[^\W_]?[aeiou](ck|[bckpt]))$", word, re.I))


def _plain(text: str) -> str:
    text, greeted = _GREETING.subn("@ ", _CLOSING.sub("", text))
    text = text if greeted else _LEAD.sub("", text)
    return re.sub("라(?:고|는 (?:거|것|걸))$", "야", text)  # of what is to be remembered


def _opened(text: str) -> str:
    return _LEAD.sub("", text.lower())


def _checked(key: str, value: str) -> str:
    value = value.strip("\"' .,")
    parts = value.split()
    if not parts or _NO_VALUE.intersection(parts) or key.split()[-1] in _NO_THING:
        return ""
    # with a subject or an object it is a clause of its own
    subject = "는은을를이가" if key in ("home", "origin") else "는은을를"
    return "" if any(part[-1] in subject for part in parts[:-1]) else value


def _thing(text: str) -> str:
    return _ALIASES.get(text, text)


def _said(key: str, values: list[str]) -> str:
    kind = key.split(":")[0]
    value = ", ".join(f"'{value}'" if kind == "note" else value for value in values)
    if kind == "age":
        value += "살" if value.isdecimal() else " 살"
    end = closed(value)
    gap = "" if value.endswith("명") else "이" if end else "가"
    thing = _NAMES.get(key, key.removeprefix("그 "))
    plain = f"{thing}{'은' if closed(thing) else '는'} {{value}}{{이}}라고 하셨어요."
    form = _SAID.get(kind, plain)
    return form.format(value=value, 이="이" if end else "", 을="을" if end else "를", 가=gap)


def _untold(key: str) -> str:
    kind = key.split(":")[0]
    if kind == "note":
        return "아직 기억해 달라고 하신 것이 없어요."
    own = key.startswith("좋아하는 ") or key.endswith(" 이름")
    what = key if own else _NAMES.get(kind, "")
    return f"아직 {what}{'을' if closed(what) else '를'} 말씀해 주지 않으셨어요." if what else ""


@cache
def korean() -> Language:
    """The wordings, made when the first Korean is met: that takes a tenth of a second."""
    return Language(
        told=rules(_TOLD, _SLOTS),
        noted=rules(_NOTED, _SLOTS),
        questions=rules(_ASKED, _SLOTS),
        note=pattern(
            r"((?P<value>.{2,}?)(을|를|도)?,? )?(꼭 |좀 |잘 )*(기억해 ?(줘요?|주세요|둬요?|두세요|"
            r"줄래요?|주실래요?)|잊지 ?말아 ?(줘요?|주세요))\??"
        ),
        doubt=pattern(
            "만약|만일|(?<=[가-힣])라면(?=[ ,])|다면|척|가정|상상|영화|드라마|소설|대사|꿈에서|"
            "농담|번역|아마|혹시|같아|같은|"
            "(다|라|냐|자)고 (말|그러|했|하더|하셨|들었|생각)|대요|래요|면 좋겠|예를 들"
        ),
        # at a comma, and after 고, 인데 and 지만; not where the verb goes on
        clause=pattern(
            "(?<!안녕)(?<!하세요), |(?<=고) (?!해|합|하|불|부|있|싶|했|말|기억|안)|"
            "(?<=[인는]데) |(?<=지만) |(?<=거든) "
        ),
        memory=pattern("기억|알|아세|말했|말씀|했[지죠더어나]|하셨|까먹|잊"),
        plain=_plain,
        opened=_opened,
        checked=_checked,
        thing=_thing,
        said=_said,
        noted_it="기억할게요.",
        courtesy=pattern(
            "((만나서 )?(정말 )?반(가워요?|갑습니다|가웠어요)|"
            "(잘 )?부탁(드려요|드립니다|해요?|합니다)|감사(합니다|해요)|고마워요?|"
            "안녕(하세요|하십니까)?)[ .!~^ㅎㅋ]*"
        ),
        untold=_untold,
    )
