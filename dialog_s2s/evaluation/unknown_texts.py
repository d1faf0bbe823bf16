"""Questions that few bots are taught, and that training does not set its threshold by either:
those of `training.strangers_texts` are other ones. A line break or a bar ends one.
"""

from __future__ import annotations

import re


def _listed(text: str) -> tuple[str, ...]:
    return tuple(re.split(r" \| |\n", text.strip()))


ENGLISH = _listed("""
How do I get candle wax off a tablecloth? | Which saints are buried in Cologne?
Why does my kettle whistle before it boils? | name three rivers in Uruguay
Is it safe to eat rhubarb leaves? | How do I splice two ropes? | what is a debenture
Who composed the first opera? | My accordion has a stuck key | How long do swifts stay in the air?
Can I renew a passport by post? | How thick should lake ice be for skating?
What does the suffix -wick mean in place names? | how is parchment made
Do bats hibernate in cellars? | When was the metric system introduced in France?
How do I prove that root two is irrational? | Which muscles does rowing train?
my sewing machine skips stitches | What is the boiling point of mercury?
How are pearls graded? | Should I varnish a chopping board? | what is an escrow account
Who invented the zip fastener? | How do lighthouses tell themselves apart?
Is a tomato a berry? | The sash window in my attic is jammed | how to read a tide table
What is the tallest waterfall in Norway? | Can snails hear? | recommend a beginner telescope
How do I season a cast iron pan? | What happens to my eyes when I cry?
Why are manhole covers round? | Which poets wrote about the Lake District?
how many grains of rice are in a kilo | What is the penalty for handball in water polo?
Can I ship a surfboard by train? | How does a gyrocompass work? | what is sfumato in painting
Who was regent when the king fell ill? | My beehive swarmed this morning
Is glass a liquid? | How do I cancel a gym membership early? | what do the rings of a tree tell
When do salmon swim upstream? | Why do my ears pop in a tunnel? | How deep is a mine in Kiruna?
Which chess piece was added last? | how do you pronounce quinoa
What is the difference between a fugue and a canon? | Can frost crack a clay pot?
How is amber formed? | My printer leaves grey stripes | How much does a cumulus cloud weigh?
Does salt melt ice at any temperature? | What did Roman soldiers eat on the march?
explain plate tectonics to a child | Which stitch is best for stretchy cloth?
How do I calibrate a torque wrench? | Are there penguins in the Galapagos?
""")

KOREAN = _listed("""
촛농이 식탁보에 묻었는데 어떻게 빼요? | 우루과이에 있는 강 이름 세 개만
하모니카 소리가 막혀서 안 나요
한지는 무엇으로 만드나요? | 박쥐도 겨울잠을 자나요? | 미터법은 언제 생겼어?
루트 이가 무리수인 걸 증명해 줘 | 조정은 어느 근육을 쓰는 운동이야? | 재봉틀이 자꾸 땀을 건너뛰어요
수은의 끓는점이 몇 도예요? | 진주는 등급을 어떻게 매기나요? | 도마에 기름칠을 해야 하나요?
지퍼는 누가 발명했어? | 등대는 불빛을 어떻게 구별하나요? | 토마토는 과일이야 채소야?
밀물과 썰물 시간표 보는 법 | 노르웨이에서 제일 높은 폭포 | 달팽이도 소리를 듣나요?
입문용 천체 망원경 추천해 줘 | 무쇠 팬 길들이는 방법 | 울면 왜 콧물이 나요?
맨홀 뚜껑은 왜 둥글어? | 쌀 한 되는 몇 알쯤 될까 | 수구에서 손은 어디까지 써도 돼요?
나침반은 북극에서 어떻게 돼? | 수묵화에서 농담이 뭐예요? | 벌통에서 벌이 한꺼번에 나갔어요
유리는 고체인가요 액체인가요? | 헬스장 회원권 중도 해지 위약금 | 나이테로 무엇을 알 수 있어요?
연어는 언제 강을 거슬러 올라가? | 터널에 들어가면 귀가 왜 먹먹해져요?
장기에서 포는 왜 포를 못 넘어?
호박 보석은 어떻게 만들어지나요? | 프린터에서 회색 줄이 나와요 | 뭉게구름 하나는 무게가 얼마나 돼?
소금은 몇 도까지 얼음을 녹이나요? | 로마 군인은 행군하면서 뭘 먹었어?
판 구조론을 아이한테 설명해 줘
신축성 있는 천은 어떻게 꿰매요? | 토크 렌치 교정은 어디서 하나요? | 갈라파고스에도 펭귄이 살아요?
가야금 줄은 몇 개야? | 온돌은 어떤 원리로 따뜻해지나요? | 훈제 연어 유통 기한 알려줘
매듭 푸는 요령이 있을까요 | 해시계로 시간 읽는 법 | 씨름에서 샅바는 어떻게 매요?
고래는 물속에서 얼마나 숨을 참아? | 도자기에 금이 갔는데 붙일 수 있어?
첼로랑 비올라는 음역이 어떻게 달라요?
지하철 노선 색은 누가 정해요? | 여왕개미는 몇 년이나 사나요? | 대패질이 자꾸 뜯겨요
""")
