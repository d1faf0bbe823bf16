"""The questions and remarks of `strangers`: everyday ones, of domains that few bots share.

A line break or a bar ends one; about ten in a row are of one domain.
"""

from __future__ import annotations

import re


def _listed(text: str) -> tuple[str, ...]:
    return tuple(re.split(r" \| |\n", text.strip()))


ENGLISH = _listed("""
How long should I boil a lobster? | Why did my sourdough collapse in the oven?
substitute for buttermilk | Can I freeze risotto? | My gravy is full of lumps
Walk me through a simple dal | what temperature is medium rare | Is pink pork ever safe?
How do you keep guacamole from browning? | give me a marinade for tofu
Can my landlord enter while I'm away? | what is the difference between civil and criminal cases
My neighbour's fence stands on my land | How do I contest a speeding ticket?
Do I need a witness to sign a will? | draft a short notice to end a lease
Is it legal to record a phone call? | statute of limitations for unpaid debt
Should I get a prenup? | When does copyright expire?
What does a high white blood cell count mean? | Can I take ibuprofen with antibiotics?
my knee clicks when I squat | How is shingles passed on? | symptoms of low iron
Why do we get hiccups? | Should I see someone about this mole?
how much sleep does a teenager need | I burned my hand on the stove
Which vaccines do I need for Kenya? | My engine light keeps flashing
How often should brake fluid be changed? | why does diesel knock in winter
Can I tow a caravan with a hatchback? | tyre pressure for a loaded estate car
The clutch smells burnt | How do I jump-start an automatic? | Is it worth repairing a rusty sill?
When were airbags first fitted to cars? | hybrid or fully electric, which lasts longer
Why can't anything go faster than light? | what is entropy in plain words
How heavy is a cubic metre of air? | Explain the double-slit experiment
Does a mirror swap left and right? | What keeps the moon from falling? | half-life of carbon-14
Can sound travel through steel? | derive the lens equation for me | How cold is outer space?
Who built the first paved roads? | When did the Bronze Age end? | why did the Roman republic fail
Tell me what daily life was like in a medieval village | How did printing spread in Europe?
causes of the French revolution | Did Vikings really reach America?
How many people died of the Black Death? | What was the silk road used for?
I'm reading about the Ottoman navy | Explain the offside rule | How long is a marathon exactly?
why do tennis scores go fifteen, thirty, forty | Who may lift a jumper in a rugby line-out?
best stretch before sprinting | I pulled a hamstring at training
How many players are on a curling team? | Can a goalkeeper score from a goal kick?
Is bouldering good for the back? | When were women first allowed at the Olympics?
When should I prune roses? | my tomato leaves are curling | How deep do tulip bulbs go?
Why won't my lavender flower? | Can coffee grounds hurt blueberries?
something keeps eating my lettuce at night | compost smells of ammonia
Which hedge grows fastest in shade? | What eats aphids? | Should I water a cactus in January?
What is compound interest? | Should I pay off the mortgage early?
how do bond yields and prices relate | Is renting wiser than buying while rates are high?
I can't make sense of my pension statement | explain a stop-loss order
How much should an emergency fund hold? | capital gains on inherited shares | Why do banks fail?
Can I deduct a home office? | Why is my recursion hitting a stack overflow?
reverse a linked list in C | What is the difference between a mutex and a semaphore?
My Docker container exits at once | How do I squash three commits? | regex for an ISO date
Should tests share a database? | Explain big O to a beginner | Can a foreign key be null?
What does a segfault tell me? | How many days do I need in Lisbon? | Do I need a visa for Georgia?
cheapest way from Oslo to Bergen | My luggage went to the wrong city | Is it rude to tip in Japan?
When does monsoon season start in Kerala? | pack list for a week in Iceland
Can I drink tap water in Morocco? | Which side of the train has the better view to Innsbruck?
plan me a day in Prague with a toddler | Why does my cat bring me dead mice?
How often should a rabbit's nails be cut? | my dog ate a grape | Can budgies live alone?
What do axolotls eat? | Puppy bites everything, help | How warm must a gecko tank be?
Should an indoor cat be vaccinated? | hamster won't use its wheel
When do kittens open their eyes? | How do I get a two-year-old to nap?
When do babies start to crawl? | My son refuses every vegetable | Should children get pocket money?
bedtime story about a snail, please | How much screen time is fine at six?
twins keep fighting over toys | Why do toddlers bite? | Is a bilingual home confusing for a baby?
first words usually come when | How do I tune a ukulele? | what makes a chord minor
Why does my violin squeak? | Which scale do blues solos use? | How many strings has a sitar?
write a chorus about night trains | Can I learn the piano at fifty?
difference between tempo and rhythm | The drummer always speeds up
When was the saxophone invented? | How does proportional representation work?
What does an upper house do? | why do some countries have a king | Should voting be compulsory?
How is a prime minister removed? | what counts as a quorum | Can a referendum be overturned?
Taxes here are far too high | How are constituency borders drawn?
separation of powers in one sentence | What is the deepest lake?
Which countries does the Danube cross? | why are deserts cold at night
How many islands has Indonesia? | capital of Burkina Faso | Is Greenland really that big?
What makes a fjord? | Where do the trade winds blow?
Which river is longer, the Nile or the Amazon? | How old are the Alps?
How do I fix a dripping tap? | My drill won't hold the bit | which plug for plasterboard
Can I paint over wallpaper? | The door scrapes on the floor | How long must tile adhesive dry?
Should I sand between coats of varnish? | stain on a marble worktop | Why does the radiator gurgle?
What glue works on polythene? | How do hailstones form? | will the ground freeze tonight
What does a falling barometer mean? | Why is the sky red at sunset?
How far away is lightning if I count to nine? | It has been drizzling all week
Can fog be predicted? | What is the eye of a hurricane? | dew point versus humidity
Which clouds bring snow? | What is the square root of 1764? | factorise x squared minus nine
Who wrote Don Quixote? | Help me with an essay on photosynthesis | past participle of swim
How do you balance a chemical equation? | What is the theme of Frankenstein?
my teacher says zero is even, why | How many sides has a dodecagon?
convert 72 Fahrenheit to Celsius | How do I beat the last boss without potions?
best opening for black in chess | My console overheats after an hour | What does nerfed mean?
Which dice do I need for a role-playing night? | how many tiles in a mahjong set
Can two players share one save file? | my ping is terrible | Is castling allowed out of check?
Why do speedrunners skip cutscenes? | Can I wear brown shoes with a navy suit?
How do I get red wine out of linen? | what is business casual | My jumper shrank in the wash
Which collar suits a round face? | How should a blazer fit at the shoulder?
are wide trousers still in | Do stripes make you look taller? | How do I tie a Windsor knot?
What was worn under a toga? | What is the plural of octopus? | How do I say thank you in Swahili?
why is English spelling so odd | Is irregardless a word? | translate seize the moment into Latin
Where does the ampersand come from? | a rhyme for silver | Which languages have no articles?
How many tones does Cantonese have? | I mix up affect and effect | How many moons has Saturn?
what happens inside a chrysalis | Do trees talk to each other? | Why are flamingos pink?
How long would a trip to Mars take? | What is a black hole made of? | can an octopus feel pain
How do bees find their way home? | Which animal lives longest? | Are viruses alive?
How do I ask my boss for a raise? | what should I write in a sympathy card
My flatmate never washes up | Should I move in with my boyfriend?
How can I stop grinding my teeth? | write a toast for my sister's wedding
I forget every password I make | Who decides where a bus stop goes? | how to fold a fitted sheet
Why do films have trailers?
""")

KOREAN = _listed("""
된장찌개에 두부는 언제 넣어요? | 김치가 너무 시어졌는데 어떡하죠 | 달걀 반숙은 몇 분 삶나요?
밥이 설익었어 | 버터 대신 쓸 수 있는 재료 | 고기 잡내 없애는 법 알려줘
파스타 면은 왜 소금물에 삶아요? | 냉동 만두 에어프라이어 온도 | 잡채 열 명분 레시피 적어줘
식초를 넣으면 왜 비린내가 줄어? | 전세 보증금을 못 돌려받으면 어떻게 해요?
내용증명은 어떻게 보내나요? | 층간 소음으로 고소할 수 있나요? | 상속 포기는 언제까지 해야 해?
퇴직금 계산하는 방법 | 알바도 주휴수당 받을 수 있어요? | 교통사고 합의금은 어떻게 정해지나요?
연말정산 때 월세도 공제되나요? | 초상권 침해가 뭐야 | 공증은 어디서 받아요?
열이 사흘째 안 떨어져요 | 비타민 디는 언제 먹는 게 좋아? | 허리 디스크에 수영이 도움이 되나요?
감기랑 독감은 뭐가 달라요? | 눈꺼풀이 자꾸 떨려 | 혈압약 먹고 자몽 먹어도 되나요?
체했을 때 손을 왜 따요? | 치아 교정은 몇 살까지 가능해?
발목을 삐었는데 찜질은 차갑게 해야 하나요? | 건강 검진 전날 커피 마셔도 돼요?
엔진 오일은 몇 킬로마다 갈아요? | 브레이크 밟을 때 끼익 소리가 나 | 초보가 몰기 좋은 경차
타이어 공기압 얼마나 넣어야 돼? | 전기차는 겨울에 왜 주행 거리가 줄어드나요?
앞 유리에 김이 서려요 | 중고차 살 때 뭘 봐야 해요? | 후진 주차 요령 좀
하이패스 단말기는 어디에 붙여? | 시동이 안 걸리고 딸깍거리기만 해요 | 하늘은 왜 파란가요?
블랙홀에 빠지면 어떻게 돼? | 얼음은 왜 물에 떠요? | 상대성 이론 쉽게 설명해 줘
달은 왜 늘 같은 면만 보여? | 원소 기호 외우는 법 | 소리는 진공에서 전달되나요?
번개는 왜 지그재그로 치죠? | 공룡은 왜 멸종했어? | 정전기 안 생기게 하려면
고려는 몇 년에 세워졌어요? | 훈민정음은 왜 만들었나요? | 로마는 어쩌다 무너졌어?
실학이 뭔지 한 줄로 | 신라 화랑은 무슨 일을 했나요? | 산업 혁명이 영국에서 시작된 이유
거북선은 정말 철갑선이었나요? | 피라미드는 누가 지었지 | 조선 시대 과거 시험은 몇 번 봐야 했어?
대항해 시대 책 읽는 중이야 | 야구에서 보크가 뭐예요? | 스쿼트하면 무릎이 아파
마라톤 처음인데 얼마나 연습해야 하나요? | 배드민턴 라켓 줄은 몇 파운드가 좋아?
컬링은 왜 빙판을 닦아요? | 자유형 호흡이 안 돼요 | 축구 승부차기 순서는 누가 정하나요?
턱걸이 하나도 못 해 | 탁구 서브 규칙 | 요가랑 필라테스 중에 뭐가 나을까 | 몬스테라 잎이 노래졌어요
상추 씨는 언제 뿌려? | 다육이 물은 며칠에 한 번 줘요? | 고추에 진딧물이 잔뜩 꼈어
수국 꽃 색은 왜 바뀌나요? | 분갈이 흙 배합 비율 | 베란다에서 딸기 키울 수 있을까요?
잔디는 몇 센티로 깎아야 해? | 감나무 가지치기 시기 | 화분에 버섯이 났는데 괜찮은가요?
복리가 뭐예요? | 주식이랑 채권은 어떻게 달라? | 대출 금리 낮추는 방법 있나요?
환율이 오르면 누가 이득이야 | 청약 통장은 꼭 있어야 해요? | 적금 깨는 게 나을까
신용 점수는 왜 떨어졌지 | 비상금은 얼마나 모아야 하나요? | 달러는 언제 사는 게 좋아?
연금 저축 한도 | 파이썬에서 리스트를 뒤집으려면? | 널 포인터 오류가 계속 나요
깃에서 커밋을 합치는 법 | 재귀 함수가 뭐야 | 서버가 자꾸 죽어 | 정규식으로 이메일 찾기
비동기는 언제 써야 하나요? | 데이터베이스 인덱스는 왜 빨라요? | 엑셀에서 중복 행 지워 줘
코딩은 어떤 언어로 시작할까 | 제주도 사흘 일정 짜 줘 | 유럽 기차 패스는 어디서 끊어요?
여권 만료가 석 달 남았는데 출국돼요? | 오사카에서 교토까지 얼마나 걸려 | 비행기에서 귀가 먹먹해
몽골은 몇 월에 가야 별이 잘 보여요? | 시차 적응하는 요령 | 캐리어 바퀴가 빠졌어
튀르키예 물가 어때요? | 울릉도 배는 파도 높으면 안 뜨나요? | 강아지가 초콜릿을 먹었어요
고양이는 왜 상자를 좋아해? | 햄스터 수명 | 앵무새 말 가르치려면 어떻게 해요?
거북이 등껍질이 하얘졌어 | 중성화 수술은 언제 하는 게 좋나요? | 산책 나가면 줄을 너무 당겨요
어항 물이 자꾸 뿌예져 | 고양이 둘이 매일 싸워요 | 토끼한테 당근 줘도 되나
이유식은 몇 개월부터 시작해요? | 아이가 밤마다 깨서 울어 | 초등학생 용돈은 얼마가 적당할까요?
분수 나눗셈 어떻게 가르쳐? | 삼각형 넓이 공식 | 독후감 첫 문장 좀 써 줘
이차방정식 근의 공식이 뭐였지 | 맞춤법 되랑 돼 구별하는 법 | 받아쓰기를 자꾸 틀려요
세포와 조직의 차이를 설명하시오 | 기타 코드 에프가 안 잡혀요 | 피아노 독학할 수 있을까
장조랑 단조는 어떻게 달라요? | 체스에서 앙파상이 뭐야? | 게임하다가 렉이 너무 심해
판소리 다섯 마당 이름 | 드럼 박자가 자꾸 빨라져요 | 바둑에서 패는 왜 있어요?
결말이 슬픈 영화 하나만 | 오페라랑 뮤지컬은 뭐가 다르죠? | 비례 대표는 어떻게 뽑아요?
국회를 둘로 나눈 나라도 있어? | 투표 나이는 누가 정하나요? | 세상에서 가장 깊은 바다
호주의 수도는 어디야? | 사막은 밤에 왜 추워요? | 태풍 이름은 누가 지어? | 미세 먼지 농도 단위
내일 서리 내릴까 | 백두산 높이가 얼마죠? | 변기 물이 계속 새요 | 벽에 곰팡이가 피었어
페인트는 몇 번 칠해야 하나요? | 와이셔츠 목때 빼는 법 | 니트가 줄었는데 늘릴 수 있어요?
상견례 때 뭐 입지 | 전구를 갈았는데도 깜빡거려요 | 넥타이 매는 법 알려 줘
청바지는 얼마나 자주 빨아? | 서랍이 뻑뻑해서 안 열려
""")
