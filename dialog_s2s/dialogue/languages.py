"""Languages in which the bot can say that it does not know, and what each is told by."""

from __future__ import annotations

from dataclasses import dataclass

_DOUBLE, _HIGH, _LOW, _LEVEL = ("“", "”"), ("”", "”"), ("„", "“"), ("„", "”")
_ANGLE, _SPACED, _STRAIGHT = ("«", "»"), ("«\u00a0", "\u00a0»"), ('"', '"')


@dataclass(frozen=True, slots=True)
class Texts:
    """Two whole sentences; {} in `meant` is one suggestion, or two with `either` between them."""

    unknown: str
    meant: str
    either: str
    quotes: tuple[str, str]


# Chinese is worded so that its simplified and traditional spellings are the same.
TEXTS = {
    "en": Texts("I don't know that yet.", "Did you mean {}?", " or ", _STRAIGHT),
    "de": Texts("Das weiß ich noch nicht.", "Meinten Sie {}?", " oder ", _LOW),
    "fr": Texts("Je ne le sais pas encore.", "Vouliez-vous dire {}\u00a0?", " ou ", _SPACED),
    "es": Texts("Todavía no lo sé.", "¿Quería decir {}?", " o ", _ANGLE),
    "it": Texts("Questo non lo so ancora.", "Intendeva {}?", " o ", _ANGLE),
    "pt": Texts("Isso eu ainda não sei.", "Quis dizer {}?", " ou ", _DOUBLE),
    "nl": Texts("Dat weet ik nog niet.", "Bedoelde u {}?", " of ", _DOUBLE),
    "pl": Texts("Tego jeszcze nie wiem.", "Czy chodziło o {}?", " czy ", _LEVEL),
    "sv": Texts("Det vet jag inte än.", "Menade du {}?", " eller ", _HIGH),
    "da": Texts("Det ved jeg ikke endnu.", "Mente du {}?", " eller ", ("»", "«")),
    "nb": Texts("Det vet jeg ikke ennå.", "Mente du {}?", " eller ", _ANGLE),
    "fi": Texts("En tiedä sitä vielä.", "Tarkoititko {}?", " vai ", _HIGH),
    "tr": Texts("Bunu henüz bilmiyorum.", "Şunu mu demek istediniz: {}?", " veya ", _DOUBLE),
    "cs": Texts("To zatím nevím.", "Měli jste na mysli {}?", " nebo ", _LOW),
    "ro": Texts("Încă nu știu asta.", "Ați vrut să spuneți {}?", " sau ", _LEVEL),
    "hu": Texts("Ezt még nem tudom.", "Erre gondolt: {}?", " vagy ", _LEVEL),
    "vi": Texts("Tôi chưa biết điều đó.", "Ý bạn là {} phải không?", " hay ", _DOUBLE),
    "id": Texts("Saya belum tahu soal itu.", "Maksud Anda {}?", " atau ", _DOUBLE),
    "ru": Texts("Этого я пока не знаю.", "Вы имели в виду {}?", " или ", _ANGLE),
    "uk": Texts("Цього я поки не знаю.", "Ви мали на увазі {}?", " чи ", _ANGLE),
    "bg": Texts("Това още не го знам.", "Може би имахте предвид {}?", " или ", _LOW),
    "ar": Texts("لا أعرف ذلك بعد.", "هل تقصد {}؟", " أو ", _ANGLE),
    "fa": Texts("هنوز پاسخ این را ندارم.", "منظورتان {} بود؟", " یا ", _ANGLE),
    "ur": Texts("مجھے یہ ابھی معلوم نہیں۔", "کیا آپ کا مطلب {} ہے؟", " یا ", _DOUBLE),
    "ko": Texts("그건 아직 몰라요.", "혹시 {} 말씀이신가요?", " 아니면 ", _STRAIGHT),
    "ja": Texts("それはまだわかりません。", "もしかして{}のことですか？", "または", ("「", "」")),
    "zh": Texts("我目前不知道答案。", "您是不是想知道{}？", "或", _DOUBLE),
    "el": Texts("Αυτό δεν το ξέρω ακόμα.", "Μήπως εννοείτε {};", " ή ", _ANGLE),
    "he": Texts("אין לי עדיין תשובה על זה.", "האם הכוונה היא {}?", " או ", _STRAIGHT),
    "th": Texts("ขออภัย ยังไม่ทราบคำตอบของเรื่องนี้", "คุณหมายถึง {} หรือเปล่า", " หรือ ", _DOUBLE),
    "hi": Texts("यह मुझे अभी नहीं पता।", "क्या आपका मतलब {} था?", " या ", _DOUBLE),
    "bn": Texts("এটা আমি এখনও জানি না।", "আপনি কি {} বোঝাতে চেয়েছেন?", " বা ", _DOUBLE),
    "ta": Texts("அது எனக்கு இன்னும் தெரியாது.", "நீங்கள் கேட்க நினைத்தது {} என்பதா?", " அல்லது ", _DOUBLE),
}
"""By ISO 639-1 code."""

SCRIPTS = {
    "LATIN": "en de fr es it pt nl pl sv da nb fi tr cs ro hu vi id",
    "CYRILLIC": "ru uk bg",
    "ARABIC": "ar fa ur",
    "HANGUL": "ko",
    "KANA": "ja",
    "CJK": "zh",
    "GREEK": "el",
    "HEBREW": "he",
    "THAI": "th",
    "DEVANAGARI": "hi",
    "BENGALI": "bn",
    "TAMIL": "ta",
}
"""Languages by the first word of the Unicode names of their letters (KANA: both kana)."""

WORDS = {
    "en": (
        "the a an is are am was were do does did i you he she we they it my your me us our what "
        "when where who why how which can could would should will have has had not and or of to "
        "in on for with this that these there from about at be if any some much many please "
        "thanks hello hi yes no tell want need know like get give make i'm don't it's what's "
        "never always going let's help shall welcome his her them being but so too then than "
        "say said may come go see lost been excuse sir good here"
    ),
    "de": (
        "der die das den dem ein eine einen einer ist sind bin war ich du er sie wir ihr es mein "
        "meine was wann wo wer wie warum wieso welche welcher wieviel kann kannst können könnt "
        "habe haben habt hat gibt geht nicht und oder von zu zum mit für auf auch noch bei an am "
        "im in um man bitte danke hallo ja nein kein keine möchte muss euch mich mir dir uns sich "
        "als wird werden dass schon mehr aber sehr wollen soll sollte macht machen bist hast "
        "magst kennst guten gut"
    ),
    "fr": (
        "le la les un une des du de d l est sont suis je j tu il elle nous vous ils on mon ma "
        "votre vos que qu quoi quand où qui pourquoi comment combien quel quelle quels peut puis "
        "pouvez avez ai y ne pas et ou dans pour avec sur ce c cette ça au aux en à se merci "
        "bonjour oui non faut fait faire peux veux cet être était fais sais leur très mais chez "
        "sans quelles salut vas"
    ),
    "es": (
        "el la los las un una de del es son soy está están estoy yo tú usted nosotros mi su qué "
        "que cuándo cuando dónde donde quién quien por cómo como cuál cuánto cuánta cuesta puedo "
        "puede pueden tienen tengo hay no y o en para con sobre este esta eso se me te lo al a "
        "muy gracias hola sí quiero he has ha tiene tienes eres mis tu pero sin más ser puedes "
        "estas nunca buenos buenas saludos cuáles"
    ),
    "it": (
        "il lo la gli le i un una uno di del della è sono io tu lei noi voi mio mia che cosa "
        "quando dove chi perché come quale quanto quanta costa posso può potete avete ho ha non e "
        "o in per con su questo questa c'è si mi ti ci al alla alle a nel da grazie ciao sì no "
        "vorrei fare dov hai hanno sei fa nella nei più ma molto anche essere sta puoi quali cos "
        "siamo buona buongiorno"
    ),
    "pt": (
        "o a os as um uma de do da dos das em no na nos é são está eu você vocês nós meu minha "
        "que quando onde quem por porque como qual quanto quanta custa posso pode podem têm tem "
        "há não e ou para com este esta isso isto se me ao à sim olá obrigado obrigada quero "
        "muito fica tenho foi ser mais mas pelo pela uns sem aqui seu sua teu seus vai tudo bom "
        "boa oi dia"
    ),
    "nl": (
        "de het een is zijn ben was ik jij je u hij zij wij we jullie mijn wat wanneer waar wie "
        "waarom hoe welke hoeveel kan kun kunt kunnen heb hebben heeft niet en of van voor met op "
        "ook nog er dat dit deze naar bij te in om aan dank bedankt hallo ja nee geen wil moet "
        "mij me mag gaat doet wordt worden maar zo uw ons hun al bent ken vertel goedemorgen goed"
    ),
    "pl": (
        "jest są jestem ja ty on ona my wy co kiedy gdzie kto dlaczego jak jaki jaka jakie który "
        "czy mogę można macie mam ma nie i lub w we z na do dla o się to ten ta jego po od ile "
        "proszę dziękuję cześć dzień dobry tak mnie mój moja chcę nas was mi być był była jej już "
        "tylko bardzo przez przy której którym"
    ),
    "sv": (
        "är och jag du han hon vi ni det den en ett att när var vem varför hur vilken vilka kan "
        "har inte eller i på för med av till från om min mitt vad finns mycket tack hej ja nej "
        "ska vill mig dig som er blir heter ligger kostar gör också men så dem oss din ditt mer "
        "hos får tar måste behöver något gillar hallå god vet"
    ),
    "da": (
        "er og jeg du han hun vi det den en et at hvornår hvor hvem hvorfor hvordan hvilken "
        "hvilke kan har ikke eller i på for med af til fra om min mit hvad findes meget tak hej "
        "ja nej skal vil mig dig som jeres åbner ved koster lukker bliver hedder ligger gør også "
        "men så dem os ud noget nogen lidt din dit uge mere hos var der må tager får brug"
    ),
    "nb": (
        "er og jeg du han hun vi dere det den en et ei at når hvor hvem hvorfor hvordan hvilken "
        "hvilke kan har ikke eller i på for med av til fra om min mitt hva finnes mye takk hei ja "
        "nei skal vil meg deg som deres åpner koster stenger blir heter ligger gjør også men så "
        "dem oss ut noe noen litt din ditt uke mer hos var må tar får trenger vet ennå"
    ),
    "fi": (
        "on ja minä sinä hän me te he se ei en et mikä mitä milloin missä mistä mihin kuka miksi "
        "miten kuinka voiko voinko voin voi saako saa onko oletko olen ovat tai kanssa ne tämä "
        "että minun kiitos hei moi kyllä mutta paljonko kun jos teillä minulla sinulla täällä "
        "paljon huomenna tänään olla oli hyvin myös vain sitä vielä"
    ),
    "tr": (
        "bir ve bu şu o ne zaman nerede nereden kim neden niçin niye nasıl hangi mi mı mu mü var "
        "yok ben sen biz siz değil için ile de da kaç saat saatte misiniz musunuz mısınız müsünüz "
        "teşekkürler merhaba evet hayır lütfen çok kadar daha olur benim miyim mıyım bana sana "
        "nedir mıdır midir istiyorum ama gibi ya şey misin musun müsün mısın selam"
    ),
    "cs": (
        "je jsou jsem jste já ty on ona my vy co kdy kde kdo proč jak jaký jaká jaké který mohu "
        "můžu může můžete máte mám má ne a i nebo v ve z na do pro o se si to ten ta po od kolik "
        "prosím děkuji ahoj dobrý den ano mi mě není za chci jsme byl byla jen ale také už když "
        "protože jestli mně tam tady"
    ),
    "ro": (
        "este sunt e eu tu el ea noi voi ce când unde cine cum care cât câte costă pot poți poate "
        "puteți aveți am are ai nu și sau în la de pentru cu pe un o acest această asta mulțumesc "
        "bună da din să vă mi îmi mă se a vreau meu mea mai dar foarte fi fost aici îl că mele"
    ),
    "hu": (
        "a az egy van vannak vagyok én te ő mi ti mit mikor hol ki miért hogyan hogy melyik lehet "
        "tudok tud nem és vagy is ez itt kell mennyi mennyibe hány köszönöm szia igen meg csak de "
        "ott milyen nekem neked volt lesz mert ha nagyon be jó ezt azt most"
    ),
    "vi": (
        "là có không tôi bạn anh chị chúng ta của gì khi nào ở đâu ai sao tại thế được và hoặc "
        "trong với cho này đó bao nhiêu mấy giờ cảm ơn xin chào những các một thì làm muốn bằng "
        "đi ăn hôm nay ngày mai ga tiền lại mở cửa bị nói biết"
    ),
    "id": (
        "apa kapan di mana siapa mengapa kenapa bagaimana yang berapa bisa boleh ada tidak bukan "
        "dan atau dari ke untuk dengan ini itu saya aku kamu anda kami kita mereka adalah sudah "
        "akan jam terima kasih halo ya apakah dimana tolong saja buka harga harganya sekarang "
        "hari besok lagi bagus juga oleh pada atas jadi kabar selamat hai pagi mu"
    ),
    "ru": (
        "и в не на я ты он она мы вы это что когда где кто почему зачем как какой какая какие "
        "сколько можно могу есть ли у меня вас с по до за из для или нет да спасибо привет мне "
        "мой тебя они был была быть уже ещё если только очень нужно потому чтобы о об так дела "
        "доброе"
    ),
    "uk": (
        "і й в у не на я ти він вона ми ви це що коли де хто чому як який яка які скільки можна "
        "можу є чи мене вас з по до за для або ні так дякую привіт мені мій тебе вони був була "
        "бути вже ще якщо тільки дуже потрібно тому щоб про куди твоя твій твої якою"
    ),
    "bg": (
        "и в не на аз той тя ние вие това какво кога къде кой защо как какъв каква колко може "
        "мога е са съм сте ли ви ми се с по до за от или няма има да благодаря здравейте ще "
        "струва си ме го я му имам искам много вече още ако само трябва бъде където"
    ),
    "ar": ("هل ما ماذا متى أين من لماذا كيف كم في على إلى هذا هذه أنا أنت لا نعم شكرا"),
    "fa": ("آیا چه چی کی کجا چرا چطور چگونه چند است هست در به از را این آن من شما سلام می که با"),
    "ur": ("کیا کب کہاں کون کیوں کیسے کتنا کتنے ہے ہیں میں آپ کا کی کے کو سے نہیں یہ وہ اور"),
}
"""Function words, lower case, of languages that share a script."""

LETTERS = {
    "de": "äöüß",
    "fr": "çéèêëàâùûîïôœ",
    "es": "áéíóúñ¿¡",
    "it": "àèéìòù",
    "pt": "ãõçáâàéêíóôú",
    "pl": "ąćęłńóśźż",
    "sv": "åäö",
    "da": "åæø",
    "nb": "åæø",
    "fi": "äö",
    "tr": "çğıöşü",
    "cs": "áčďéěíňóřšťúůýž",
    "ro": "ăâîșțşţ",
    "hu": "áéíóöőúüű",
    "vi": "àáâãèéêìíòóôõùúýăđơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịĩọỏốồổỗộớờởỡợụủũứừửữựỳỵỷỹ",
    "ru": "ыэё",
    "uk": "іїєґ",
    "ar": "ةىإأكي",
    "fa": "پچژگیک",
    "ur": "ٹڈڑںےہھ",
}
"""Letters and marks that most languages of the same script lack."""
