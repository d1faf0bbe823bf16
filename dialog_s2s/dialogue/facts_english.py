"""English wordings of facts: how they are stated, asked for, and recalled."""

from __future__ import annotations

import re

from dialog_s2s.dialogue.facts_wordings import Language, pattern, rules, words

_SLOTS = {
    "w": r"[\w'&./+#-]+",
    "few": r"\"?<w>( <w>){0,4}?\"?",
    "list": r"<few>|(<w>( <w>)?, ){1,4}(and |or )?<w>( <w>)?( and <w>)?",
    # a capital letter, but no shouting
    "cap": r"(?-i:[A-Z](?![A-Z]{2})[\w'.-]*)",
    "caps": r"\"?<cap>( <cap>){0,2}\"?",
    "n": r"[^\W\d_][\w'.-]*",
    "name": r"\"?<n>( <n>){0,2}\"?",
    "place": r"<n>( <n>){0,2}(, <n>( <n>)?)?",
    "month": "(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*",
    "part": r"<month>|\d[\d./-]*(st|nd|rd|th)?",
    "date": "(in |the )?<part>( of|,)?( <part>,?( <part>)?)?",
    "phone": r"\+?\(?\d[\d \().-]{5,18}\d",
    "count": r"an?|one|two|three|four|five|six|seven|eight|nine|ten|\d{1,2}",
    "pet": "dog|puppy|cat|kitten|hamster|rabbit|bunny|parrot|budgie|guinea pig|turtle|horse|pony|"
    "goldfish|fish|bird|snake|pet",
    "relative": "wife|husband|partner|(girl|boy|best )?friend|fianc[eé]e?|sister|brother|son|"
    "daughter|mum|mom|mother|dad|father|grand(mother|father|ma|pa|son|daughter)|aunt|uncle|cousin|"
    "niece|nephew|twin|child(ren)?|kid|baby|roommate|flatmate",
    "job": "accountant|actor|actress|architect|artist|baker|barista|builder|carpenter|cashier|chef|"
    "chemist|cleaner|coach|consultant|cook|dancer|dentist|designer|developer|doctor|driver|editor|"
    "electrician|engineer|farmer|firefighter|freelancer|gardener|hairdresser|journalist|judge|"
    "lawyer|lecturer|librarian|manager|mechanic|midwife|musician|nurse|painter|pharmacist|pilot|"
    "photographer|plumber|police officer|potter|professor|programmer|psychologist|receptionist|"
    "researcher|sailor|scientist|secretary|singer|social worker|soldier|student|surgeon|tailor|"
    "teacher|technician|therapist|translator|tutor|vet|waiter|waitress|writer",
    "colour": "((light|dark|bright|pale) )?(red|green|blue|yellow|black|white|gr[ae]y|brown|pink|"
    "purple|orange|silver|gold|beige)",
    # what anything of one's own may be: numbers, names and the like, which are no passing state
    "exact": r"(at |on |in |the )?(<w> )?[^\s,]*\d[^\s,]*( <w>){0,2}|(an? |the )?<caps>|<colour>|"
    r"on \w+day|an? ([\w-]+ ){0,2}<job>",
    "is": " is| are|'s|:",
    "so": "(really |do |also |absolutely |just )?",
    "not": "don't|dont|do not|no longer|can't|cannot",
    "wh": "(what|who|when|where|which|how much|what (time|day))( is| are| was| does|'s)?",
    "ends": "( is| are| was| called| start| begin| leave)*",
}
_TOLD = r"""
name = my name (is not|isn't) <old:caps>(,? (but|it's|it is) <value:caps>)?
name = i am not <old:caps>(,? but <value:caps>)?
home = i (don't|dont|do not|no longer) live in <old:place>
* = (it's|it is|i meant?|make that) <value:few>,? not <old:few>
name = my (full |real |first |given )?name<is> <value:name>
name = ((you can |please |just |everyone |people )?calls? me|i go by|i am( called)?) <value:caps>
age = i am (only |already |just )?(?P<value>\d{1,3}|[a-z]+([ -][a-z]+)?) ((years?|yrs?)[ -]old|yo)
age = (i am|i( just)? turned|my age is) (only |already |just )?(?P<value>[1-9]\d)
home = (i|we) (am |are )?(currently |now |still |just )?(live|living|moved|based)
  ( in| to) <value:place>
address = (i|we) (live|reside) (at|on) (?P<value>\d+ <w>( <w>){0,3})
origin = i (am|come|am originally|originally come) from <value:place>
origin = i (was born|grew up) in <value:place>
job = (i (am|work as|am (currently |now )?working as)|my job is)( )
  (?P<value>an? ([\w-]+ ){0,2}<job>)( (at|in|for) .+)?
job = my (job|occupation|profession) is (?P<value><w>( <w>){0,2})
workplace = i work (at|for) <value:caps>
birthday = (my (birthday|bday|date of birth|birth ?date)<is>|i was born)( on)? <value:date>
e-mail address = my e-?mail( address)?<is> (?P<value>[^\s@]+@[^\s@]+)
phone number = my ((tele|cell|mobile )?phone|cell|mobile)?( ?number)?<is> <value:phone>
favourite {x} = my fav(ou?rite|e)? (?P<x><w>( <w>)?)<is> <value:list>
favourite {x} = <value:list>( is| are) my fav(ou?rite|e)? (?P<x><w>( <w>)?)
{x}'s name = (my|our) (?P<x>([a-z]+ )?(<pet>|<relative>)) is <value:caps>
{x}'s name = (my|our) (?P<x>([a-z]+ )?(<pet>|<relative>))
  ('s name<is>|<is> (called|named)) <value:name>
{x}'s name = the name of my <x:w> is <value:name>
pet: {x} = (i|we) (have|own) (?P<value><count> (<w> )?<x:pet>(e?s)?)( (called|named) <name:caps>)?
family: {x} = i have (?P<value><count> (<w> )?<x:relative>s?)( (called|named) <name:caps>)?
dislikes: {x} = i <so>(hate|dislike|<not> <so>(like|love|enjoy|stand)) (?P<value><x:list>)
likes: {x} = i <so>(like|love|enjoy|adore) (?P<value><x:list>)
{x} = my (?P<x>(<w> )?(name|nickname|surname|password)) is <value:name>
{x} = my (?P<x><w>( <w>){0,2}?)( is| are) <value:exact>
"""
_NOTED = r"""
the {x} = (the |my |our )?(?P<x><w>( <w>){0,2}?) (is|are|starts|begins|leaves) (?P<value>.+)
"""
# In a question "@" is whatever it opens with of "do you remember", "I told you" and the like.
_ASKED = r"""
name = (@ )?(who (am i|i am)|what (am i|i am) called)
age = (@ )?(how old|what age) (am i|i am)
home / address = (@ )?(where|(what|which) (city|town|country|place)) (do )?i live( in)?
origin = (@ )?where ((am i|i am|do i come|i come) from|(was i|i was) born)
job = (@ )?what (do i|i) do for (a living|work)|@ what i do|what do i work as
workplace = (@ )?(where|who) (do )?i work( at| for)?
birthday = (@ )?when (was i|i was) born
likes: = (@ )?what (do )?i (like|love|enjoy)
dislikes: = (@ )?what (do i (hate|dislike|not like)|don't i like|i (hate|dislike|don't like))
favourite {x} = (@ )?(what|which) (?P<x>(?!ones?)<w>) (do )?i (like|love)( the)?( best| most)?
note: = what (did i|i) (ask|asked|tell|told) you to (remember|keep in mind)
note: = @ to remember|what (should|were) you (supposed to )?remember( for me)?
pet: = (@ )?((what|which|how many) (pets|animals) (do )?i have|do i have (any |a )?pets?)
pet: {x} / family: {x} / {x}'s name = (@ )?(how many |do i have( an?| any)? )
  (?P<x><pet>|<relative>)(e?s)?( (do )?i have)?
{x}'s name = (@ )?(<wh> )?the name of (my|our) (?P<x><w>( <w>)?)<ends>
{x} / {x}'s name / the {x} = (@ (<wh> )?|<wh> )(my|our) (?P<x><w>( <w>){0,3}?)<ends>
the {x} = (@ )?<wh> the (?P<x><w>( <w>){0,2}?)<ends>
"""
_LEAD = pattern(
    r"^((hi|hello|hey|yes|yeah|no|nope|ok|okay|oh|well|so|and|but|also|actually|sorry|please|btw|"
    r"by the way|fyi|um|uh|wait|anyway|sure|thanks|thank you|excuse me|nice to meet you|"
    r"good (morning|afternoon|evening|day)|(as |like )?i (just )?(said|told you)|"
    r"just so you know)( there| all| again| that)?[,:.! -]+)+"
)
_TAIL = pattern(
    r"(?<![ .,!?~)\(:;-])((,? (by the way|btw|please|pls|thanks|thank you|actually|now|as well|"
    r"too|though|lol|haha|nice to meet you|very much|so much|a lot|(the )?(best|most)|"
    r"at all|n?either|again|then|any ?more|today|yesterday|do you (remember|know)|can you tell me)|"
    r"[ .,!?~)\(:;-])+)$"
)
_WRAP = pattern(
    r"^((do|can|could|would|will|did) you (still |even |please )*(remember|recall|know|say|have|"
    r"tell me)|have you forgotten|tell me|remind me|(did|have) i (ever |already )?(tell|told|"
    r"mention|give)(ed|n)?( to)?( you)?|you (know|remember)|what did i (say|tell you))"
    r"( of| about| again)* "
)
# Words that no value has: then it is a state, a comment or a pointer.
_NO_VALUE = words(
    "no not never definitely probably i me my mine you your yours he him his she her it its we "
    "our they them their this that these those what who how why where when which if because than "
    "there here is are was were am be been being do does did have has had would could should can "
    "getting going gone about everything everyone nothing something someone anything none "
    "unknown secret spelled misspelled wrong correct missing important late early lost broken "
    "delayed overdue damaged ago both one ones so too sorry pregnant sick ill dead fine ok okay "
    "back ready sure tired hungry right few stuff myself personally"
)
_NO_NAME = words(
    "korean american british english german french spanish italian chinese japanese canadian "
    "indian australian dutch irish scottish russian mexican brazilian christian muslim jewish "
    "buddhist catholic european asian african monday tuesday wednesday thursday friday saturday "
    "sunday in on at from with for the a an just really very still also always only new happy sad "
    "glad done vegan vegetarian interested looking angry annoyed upset confused disappointed "
    "frustrated excited bored lonely scared worried afraid busy thirsty curious serious single "
    "married available free tomorrow later today"
)
_NO_PLACE = words("the a an fear hope pain peace sin poverty hell town denial misery hr")
_NO_JOB = words("good great bad poor terrible really very new top big huge better best fast slow")
# Things a customer or a troubled person speaks of, of which nothing lasting is said.
_NO_THING = words(
    "order package parcel delivery shipment item refund payment bill invoice question questions "
    "problem issue point concern guess opinion idea plan advice answer fault bad pleasure god life "
    "heart head day mind feeling dream reason complaint request suggestion turn experience choice "
    "favorite favourite thought thoughts time mood hair stomach back account way total only first "
    "last next dear biggest worst one part scene thing things"
)
_ALIASES = {
    **dict.fromkeys(("full name", "first name"), "name"),
    **dict.fromkeys(("date of birth", "birth date", "birthdate", "bday"), "birthday"),
    **dict.fromkeys(("hometown", "home town"), "origin"),
    **dict.fromkeys(("occupation", "profession"), "job"),
    **dict.fromkeys(("phone", "number", "mobile", "mobile number", "cell phone"), "phone number"),
    **dict.fromkeys(("email", "e-mail", "email address"), "e-mail address"),
}
_SAID = {
    **dict.fromkeys(("pet", "family"), "You have {}."),
    "age": "You are {} years old.",
    "home": "You live in {}.",
    "origin": "You are from {}.",
    "job": "You are {}.",
    "workplace": "You work at {}.",
    "likes": "You like {}.",
    "dislikes": "You do not like {}.",
    "note": "You asked me to remember: {}.",
}
_UNTOLD = {
    **{key: f"your {key}" for key in ("name", "age", *_ALIASES.values())},
    "home": "where you live",
    "origin": "where you are from",
    "job": "what you do",
    "likes": "what you like",
    "dislikes": "what you do not like",
    "pet": "about pets",
}


def _plain(text: str) -> str:
    text = _TAIL.sub("", _LEAD.sub("", text))
    text = re.sub(r"^((?:my|i'm|i am) .+), not .*", r"\1", text, flags=re.I)
    text = re.sub(r"^(?:i'm|im|i am)\b", "I am", text, flags=re.I)
    return re.sub(r"^(i|we)(?:'ve| have)(?: got)?\b", r"\1 have", text, flags=re.I)


def _opened(text: str) -> str:
    text = _WRAP.sub("@ ", _TAIL.sub("", _LEAD.sub("", text.lower())))
    text = re.sub(r"^(@ )?(what|who|when|where)(?:'s|s)\b", r"\1\2 is", text)
    return re.sub(r"\bi'm\b", "i am", text)


def _checked(key: str, value: str) -> str:
    value = value.strip("\"' .,")
    parts = re.findall("[^ ,]+", value.casefold())
    kind = key.split(":")[0]
    if not parts or _NO_VALUE.intersection(parts) or key.split()[-1] in _NO_THING:
        return ""
    if kind == "name" or key.endswith("'s name"):
        small = value.islower()
        if _NO_NAME.intersection(parts) or (small and len(parts) > 2) or value.endswith("'s"):
            return ""
        return re.sub(r"(?:^|(?<=[ -]))\w", lambda m: m[0].upper(), value) if small else value
    if kind in ("home", "origin") and parts[0] in _NO_PLACE and value.islower():
        return ""
    if kind == "job" and _NO_JOB.intersection(parts):
        return ""
    return "" if kind in ("likes", "dislikes") and parts[0] in ("the", "to") else value


def _thing(text: str) -> str:
    name = text.casefold().replace("favorite", "favourite").replace("color", "colour")
    return _ALIASES.get(name, name)


def _said(key: str, values: list[str]) -> str:
    kind = key.split(":")[0]
    if kind == "note":
        values = [f'"{value}"' for value in values]
    listed = " and ".join(filter(None, (", ".join(values[:-1]), values[-1])))
    thing = key if key.startswith("the ") else f"your {key}"
    verb = "are" if re.search("[^siu]s$", key) else "is"
    return _SAID.get(kind, f"{thing[0].upper()}{thing[1:]} {verb} {{}}.").format(listed)


def _untold(key: str) -> str:
    kind = key.split(":")[0]
    if kind == "note":
        return "You have not asked me to remember anything yet."
    own = key.startswith("favourite ") or key.endswith("'s name")
    what = f"your {key}" if own else _UNTOLD.get(kind)
    return f"You have not told me {what} yet." if what else ""


ENGLISH = Language(
    told=rules(_TOLD, _SLOTS),
    noted=rules(_NOTED, _SLOTS),
    questions=rules(_ASKED, _SLOTS),
    note=pattern(
        "(?P<polite>(can|could|will|would) you )?(please |and )*"
        "(remember( this| it)?[:,]?( that)?|(don't forget|keep in mind) that)"
        "( (?!(you|your|we|it|they|to|don't|that|time|day|movie|scene) |.* (where|when|who) )"
        "(?P<value>[^?]* (am|is|are|has|have|starts|leaves|likes?|lives?) [^?]+)|(?<=(it|is|at)))"
        r"(?(polite)\??)"
    ),
    doubt=pattern(
        r"\b(if|unless|suppose|supposing|imagine|pretend|pretending|maybe|perhaps|wish|guess|"
        r"joking|kidding|for example|(he|she|they|you|it|who|people) (\w+ )?(says?|said|told|"
        r"thinks?|asked|wrote|claims?)|in (the|a|my|this|that) (\w+ )?(film|movie|novel|game|story|"
        r"dream|book|song|play)|lyrics|translate)\b|"
        r",? (right|correct|yes|no|ok|huh|(is|isn't) (it|that)|am i|aren't i|do i|don't i)\?+$"
    ),
    # at a comma, or a conjunction before "I" or "my"; not at the commas of a list
    clause=pattern(
        r"(,|,? (and|but|so)) (?=(i|i'm|i've|my|we|call)\b)|"
        r", (?!([\w'-]+ )?[\w'-]+(,| and | or |[.!~]*$))"
    ),
    memory=pattern(r"\b(remember|recall|told|tell|forgotten|know|mention|did i say)\b"),
    plain=_plain,
    opened=_opened,
    checked=_checked,
    thing=_thing,
    said=_said,
    noted_it="Noted.",
    courtesy=pattern(
        r"((very )?(nice|pleased|glad) to meet you( too| all)?|thanks( a lot)?|"
        r"thank you( very much)?|please|hi|hello|cheers)[ .!,~:\)]*"
    ),
    untold=_untold,
)
