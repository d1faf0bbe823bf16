"""English wordings of facts: how they are stated, asked for, and recalled."""

from __future__ import annotations

import re

from dialog_s2s.dialogue.facts_wordings import Language, pattern, rules, words

_SLOTS = {
    "w": r"[\w'&./+#-]+",
    "month": "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec",
    "pet": "dog|puppy|cat|kitten|hamster|rabbit|bunny|parrot|budgie|guinea pig|turtle|horse|pony|"
    "goldfish|fish|bird|snake|pet",
    "relative": "wife|husband|partner|(girl|boy)?friend|fianc[eé]e?|sister|brother|son|daughter|"
    "mum|mom|mother|dad|father|grand(mother|father|ma|pa|son|daughter)|aunt|uncle|cousin|niece|"
    "nephew|twin|child(ren)?|kid|baby|roommate|flatmate|boss",
    "job": "accountant|actor|actress|architect|artist|baker|barista|builder|carpenter|cashier|chef|"
    "chemist|cleaner|coach|consultant|cook|dancer|dentist|designer|developer|doctor|driver|editor|"
    "electrician|engineer|farmer|firefighter|freelancer|gardener|hairdresser|journalist|judge|"
    "lawyer|lecturer|librarian|mechanic|midwife|musician|nurse|painter|pharmacist|photographer|"
    "pilot|plumber|police officer|potter|professor|programmer|psychologist|receptionist|researcher|"
    "sailor|scientist|secretary|singer|social worker|soldier|student|surgeon|tailor|teacher|"
    "technician|therapist|translator|tutor|vet|waiter|waitress|writer",
    "count": r"an?|one|two|three|four|five|six|seven|eight|nine|ten|\d{1,2}",
    "colour": "((light|dark|bright|pale) )?(red|green|blue|yellow|black|white|gr[ae]y|brown|pink|"
    "purple|orange|silver|gold|beige)",
    "caps": r"(?-i:\"?[A-Z][\w'.-]*( [A-Z][\w'.-]*){0,2}\"?)",
    "name": r"\"?[^\W\d_][\w'.-]*( [^\W\d_][\w'.-]*){0,2}\"?",
    "place": r"[^\W\d][\w'.-]*( [^\W\d][\w'.-]*){0,2}(, [^\W\d][\w'.-]*( [^\W\d][\w'.-]*)?)?",
    "part": r"<month>[a-z]*|\d[\d./-]*(st|nd|rd|th)?",
    "date": "(in |the )?<part>( of|,)?( <part>,?( <part>)?)?",
    "list": r"\"?<w>( <w>){0,4}\"?|(<w>( <w>)?, ){1,4}(and |or )?<w>( <w>)?( and <w>)?",
    "exact": r"(at |on |in |the )?(<w> )?[^\s,]*\d[^\s,]*( <w>){0,2}|(an? |the )?<caps>|<colour>|"
    r"on \w+day|an? ([\w-]+ ){0,2}<job>",
    "phone": r"\+?\(?\d[\d ().-]{5,18}\d",
    "is": " is| are| was|'s|:",
    "so": "(really |do |also |absolutely |just )?",
    "not": "don't|dont|do not|no longer|can't|cannot",
    "wh": "what|who|when|where|which|how much|what time|what day",
}

# Below, "*" is whatever fact has the value that is corrected.
_TOLD = r"""
name = my name (is not|isn't) <old:caps>(,? (but|it's|it is) <value:caps>)?
name = i am not <old:caps>(,? but <value:caps>)?
home = i (don't|dont|do not|no longer) live in <old:place>
* = (it's|it is|i meant?|make that) <value:list>,? not <old:list>
name = my (full |real |first |given )?name<is> <value:name>
name = ((you can |please |just |people |everyone )?calls? me|i go by|i am( called)?) <value:caps>
age = i am (only |already |just )?(?P<value>\d{1,3}|[a-z]+([ -][a-z]+)?)( years?[ -]old| yo)
age = (i am|i( just)? turned|my age is) (only |already |just )?(?P<value>[1-9]\d)
home = (i|we) (am |are )?(currently |now |still )?(live|living|moved|based) (in|to) <value:place>
origin = i (am|come|am originally|originally come) from <value:place>
origin = i (was born|grew up) in <value:place>
job = (i (am|work as|am working as)|my job is) (?P<value>an? ([\w-]+ ){0,2}<job>)( (at|in|for) .+)?
job = my (job|occupation|profession) is (?P<value><w>( <w>){0,2})
birthday = (my (birthday|date of birth|birth ?date)<is>|i was born)( on)? <value:date>
e-mail address = my e-?mail( address)?<is> (?P<value>[^\s@]+@[^\s@]+)
phone number = my ((tele|cell|mobile )?phone|cell|mobile)?( ?number)?<is> <value:phone>
favourite {x} = my (favou?rite|fav) (?P<x><w>( <w>)?)<is> <value:list>
favourite {x} = <value:list>( is| are) my (favou?rite|fav) (?P<x><w>( <w>)?)
{x}'s name = (my|our) (?P<x>([a-z]+ )?(<pet>|<relative>)) is <value:caps>
{x}'s name = (my|our) (?P<x>([a-z]+ )?(<pet>|<relative>))('s name<is>|<is> (called|named)) <value:name>
{x}'s name = the name of my <x:w> is <value:name>
pet: {x} = (i|we) (have|own) (?P<value><count> (<w> )?<x:pet>(e?s)?)( (called|named) <name:caps>)?
family: {x} = i have (?P<value><count> (<w> )?<x:relative>s?)( (called|named) <name:caps>)?
dislikes: {x} = i <so>(hate|dislike|(<not> <so>(like|enjoy|stand))) (?P<value><x:list>)
likes: {x} = i <so>(like|love|enjoy|adore) (?P<value><x:list>)
{x} = my (?P<x>(<w> )?(name|nickname|surname|password)) is <value:name>
{x} = my (?P<x><w>( <w>){0,2}?)( is| are) <value:exact>
"""
_NOTED = r"""
the {x} = (the |my |our )?(?P<x><w>( <w>){0,2}?) (is|are|starts|leaves|begins) (?P<value>.+)
"""
# In a question, "@" is whatever it opens with of "do you remember", "I told you" and the like.
_ASKED = r"""
name = (@ )?(who (am i|i am)|what (am i|i am) called)
age = (@ )?(how old|what age) (am i|i am)
home = (@ )?(where|(what|which) (city|town|country|place)) (do )?i live( in)?
origin = (@ )?where ((am i|i am|do i come|i come) from|(was i|i was) born)
job = (@ )?what (do i|i) do for (a living|work)|@ what i do|what do i work as
birthday = (@ )?when (was i|i was) born
favourite {x} = (@ )?(what|which) (?P<x><w>) (do )?i (like|love)( the)? (best|most)
likes: = (@ )?what (do )?i (like|love|enjoy)
dislikes: = (@ )?what (do i (hate|dislike|not like)|don't i like|i (hate|dislike|don't like))
note: = (@ )?what (did i|i) (ask|asked|tell|told) you to (remember|keep in mind)
note: = what (should|were) you (supposed to )?remember( for me)?
pet: = (@ )?((what|which|how many) (pets|animals) (do )?i have|do i have (any |a )?pets?)
pet: {x} / family: {x} / {x}'s name = (@ )?(how many|do i have( an?| any)?) (?P<x><pet>|<relative>)(e?s)?( (do )?i have)?
{x}'s name = (@ )?(<wh><is> )?the name of my (?P<x><w>( <w>)?)( is| was)?
{x} / {x}'s name = (@ )?<wh>(<is>)? my (?P<x><w>( <w>){0,3}?)( is| was| are| called)*
{x} / {x}'s name = @ my (?P<x><w>( <w>){0,3}?)( is| was| are| called)*
the {x} = (@ )?<wh>(<is>| does| do)? (the|my) (?P<x><w>( <w>){0,2}?)( is| was| are| start| leave)*
"""
_LEAD = re.compile(
    r"^(?:(?:hi|hello|hey|yes|yeah|no|nope|ok|okay|oh|well|so|and|but|also|actually|sorry|please|"
    r"btw|by the way|fyi|um|uh|wait|anyway|sure|thanks|thank you|excuse me|nice to meet you|"
    r"good (?:morning|afternoon|evening|day)|(?:as |like )?i (?:just )?(?:said|told you)|"
    r"just so you know)(?: there| all| again| that)?[,:.! -]+)+",
    re.I,
)
_DOUBT = re.compile(
    r"\b(?:if|unless|suppose|supposing|imagine|pretend|pretending|maybe|perhaps|wish|guess|joking|"
    r"kidding|example|(?:he|she|they|you|it|who|people) (?:\w+ )?(?:says?|said|told|thinks?|asked|"
    r"wrote|claims?)|film|movie|novel|story|dream|character|role|lyrics|translate)\b",
    re.I,
)
# At a comma, or a conjunction before "I" or "my"; not at the commas of a list.
_CLAUSE = re.compile(
    r"(?:,|,? (?:and|but|so)) (?=(?:i|i'm|i've|my|we|call)\b)|"
    r", (?!(?:[\w'-]+ )?[\w'-]+(?:,| and | or |[.!~]*$))",
    re.I,
)
_TAIL = re.compile(
    r"(?:(?:,? (?:by the way|btw|please|pls|thanks|thank you|actually|now|as well|too|though|lol|"
    r"haha|nice to meet you|very much|so much|a lot|(?:the )?(?:best|most)|at all|n?either|not \S+|again|then|any ?more|"
    r"do you (?:remember|know)|can you tell me)|[ .,!?~)(:;-])+)$",
    re.I,
)
_WRAP = re.compile(
    r"^(?:(?:do|can|could|would|will|did) you (?:still |even |please )*(?:remember|recall|know|say|"
    r"tell me)|have you forgotten|tell me|remind me|(?:did|have) i (?:ever |already )?(?:tell|told|"
    r"mention|give)(?:ed|n)?(?: to)?(?: you)?|you (?:know|remember)|what did i (?:say|tell you))"
    r"(?: of| about| again)* ",
    re.I,
)
# Words that no value holds: what is said then is a state, a comment or a pointer.
_BAD = words(
    "no not never definitely probably maybe she he they we what who how why where when which that this these those it its if because than "
    "there here being getting going gone about me my mine you your yours him his her them their us "
    "our i is are was were am be been do does did have has had would could should can will "
    "everything everyone nothing something someone anything none unknown secret spelled misspelled "
    "wrong correct missing important late early lost broken delayed overdue damaged ago both ones "
    "one so too sorry pregnant sick ill dead fine ok okay back ready sure tired hungry right"
)
# "I am X", capitalised, and no name; "I live in X", and no place.
_NO_NAME = words(
    "korean american british english german french spanish italian chinese japanese canadian "
    "indian australian dutch irish scottish russian mexican brazilian christian muslim jewish "
    "buddhist catholic european asian african monday tuesday wednesday thursday friday saturday "
    "sunday in on at from with for the a an just really very still also always only new happy sad "
    "glad done vegan vegetarian interested looking"
)
_NO_PLACE = words(
    "the a an fear hope pain peace sin poverty hell town house home denial misery hr"
)
# Things a customer or a troubled person speaks of, of which nothing lasting is said.
_NO_THING = words(
    "order package parcel delivery shipment item refund payment bill invoice question questions "
    "problem issue point concern guess opinion idea plan advice answer fault bad pleasure god life "
    "heart head day mind feeling dream reason complaint request suggestion turn experience choice "
    "favorite favourite thought thoughts time mood hair stomach back account way total only first "
    "last next dear biggest worst one part scene thing things"
)
_ALIASES = {
    "full name": "name", "first name": "name", "how old": "age", "date of birth": "birthday",
    "birth date": "birthday", "birthdate": "birthday", "hometown": "origin", "home town": "origin",
    "home": "home", "occupation": "job", "profession": "job", "phone": "phone number",
    "telephone number": "phone number", "mobile number": "phone number", "mobile": "phone number",
    "cell phone number": "phone number", "number": "phone number", "email": "e-mail address",
    "e-mail": "e-mail address", "email address": "e-mail address",
}  # fmt: skip
_SAID = {
    "age": "You are {} years old.",
    "home": "You live in {}.",
    "origin": "You are from {}.",
    "job": "You are {}.",
    "likes": "You like {}.",
    "dislikes": "You do not like {}.",
    "pet": "You have {}.",
    "family": "You have {}.",
    "note": "You asked me to remember: {}.",
}
_UNTOLD = {
    "home": "where you live",
    "origin": "where you are from",
    "job": "what you do",
    "likes": "what you like",
    "dislikes": "what you do not like",
    "pet": "about pets",
}


def _plain(text: str) -> str:
    text = _TAIL.sub("", _LEAD.sub("", text))
    text = re.sub(r"^(?:i'm|im|i am)\b", "I am", text, flags=re.I)
    return re.sub(r"^(i|we)(?:'ve| have)(?: got)?\b", r"\1 have", text, flags=re.I)


def _opened(text: str) -> str:
    text = _TAIL.sub("", _LEAD.sub("", text.lower()))
    text = re.sub(r"^(what|who|when|where)(?:'s|s)\b", r"\1 is", _WRAP.sub("@ ", text))
    return re.sub(r"\bi'm\b", "i am", text)


def _checked(key: str, value: str) -> str:
    value = value.strip("\"' .,")
    words = re.findall(r"[^ ,]+", value.casefold())
    kind = key.split(":")[0]
    if not words or _BAD.intersection(words) or key.split()[-1] in _NO_THING:
        return ""
    if kind == "name" or key.endswith("'s name"):
        if _NO_NAME.intersection(words) or (value.islower() and len(words) > 2):
            return ""
        return value.title() if value.islower() else value
    if kind in ("home", "origin") and words[0] in _NO_PLACE and value.islower():
        return ""
    if kind in ("likes", "dislikes") and words[0] in ("the", "to", "when", "it"):
        return ""
    return value


def _thing(text: str) -> str:
    name = text.casefold().replace("favorite", "favourite").replace("color", "colour")
    return _ALIASES.get(name, name)


def _said(key: str, values: list[str], name: str) -> str:
    kind = key.split(":")[0]
    if kind == "note":
        values = [f'"{value}"' for value in values]
    listed = " and ".join(filter(None, [", ".join(values[:-1]), values[-1]]))
    if kind in _SAID:
        return _SAID[kind].format(listed)
    thing = key if key.startswith("the ") else f"your {key}"
    verb = "are" if re.search(r"[^siu]s$", key) else "is"
    return f"{thing[0].upper()}{thing[1:]} {verb} {listed}."


def _untold(key: str, name: str) -> str:
    kind = key.split(":")[0]
    if kind == "note":
        return "You have not asked me to remember anything yet."
    common = key in _ALIASES.values() or key.startswith("favourite ") or key.endswith("'s name")
    what = _UNTOLD.get(kind, f"your {key}" if common else "")
    return f"You have not told me {what} yet." if what else ""


ENGLISH = Language(
    told=rules(_TOLD, _SLOTS),
    noted=rules(_NOTED, _SLOTS),
    questions=rules(_ASKED, _SLOTS),
    note=pattern(
        "(?P<polite>(can|could|will|would) you )?(please |and )*"
        "(remember( this| it)?[:,]?( that)?|(don't forget|keep in mind) that)"
        "( (?!(you|your|we|it|they|to|don't|that|time|day|movie|scene) |.* (where|when|who) )"
        "(?P<value>[^?]* (is|are|has|have|starts|leaves|likes?|lives?) [^?]+)|(?<=(it|is|at)))"
        r"(?(polite)\??)",
        _SLOTS,
    ),
    doubt=_DOUBT,
    clause=_CLAUSE,
    memory=re.compile(r"\b(?:remember|recall|told|tell|forgotten|know|mention|did i say)\b", re.I),
    plain=_plain,
    opened=_opened,
    checked=_checked,
    thing=_thing,
    said=_said,
    untold=_untold,
)
