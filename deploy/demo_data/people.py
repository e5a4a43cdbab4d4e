"""Invented people of a Miao county: names by generation, numbers that pass their check, phones nobody has."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random

from stdnum.cn import ric

COUNTY = "522630"
SURNAMES = (
    "吴" * 14 + "杨" * 13 + "张" * 11 + "龙" * 9 + "李" * 9 + "王" * 8 + "姬" * 5 + "邰" * 6
    + "刘" * 4 + "潘" * 5 + "欧" * 3 + "唐" * 3 + "田" * 2 + "石" * 2 + "万" * 2 + "熊" * 2 + "罗" * 2
)  # fmt: skip
GIVEN = {
    ("old", "female"): "秀英 桂花 玉珍 金花 银花 秀兰 玉兰 桂芝 凤英 阿妹 水莲 翠花 兰香 桂香 正英 秀珍 金妹 云英 老妹 玉梅",
    ("old", "male"): "正光 昌文 老九 通海 正发 国清 德昌 光荣 昌德 老三 正华 通明 文彬 光福 秀清 昌贵 正文 国安 胜金 治平",
    ("parent", "female"): "丽 小琴 春燕 海燕 秀芝 晓兰 金菊 昌琴 红梅 小英 阿花 玲 桃花 昌芬 艳梅 春梅 小妹 燕 冬梅 秋菊",
    ("parent", "male"): "勇 军 建国 昌明 志强 小平 光辉 海 老六 正刚 胜 国强 光明 昌伟 波 通文 永红 建军 明 昌海",
    ("child", "female"): "小艳 欣怡 思雨 佳丽 梦婷 雨静 小丽 诗文 雅芳 可欣 晓玲 紫涵 阿朵 小芳 雨欣 静 佳慧 婷婷 依依 子萱 小红 梦瑶 晓梅 语嫣 思琪 安琪 欣妍 慧敏 春丽 文静",
    ("child", "male"): "小龙 俊杰 浩然 志强 小伟 子轩 宇航 佳豪 文杰 天佑 昊 俊峰 志鹏 小勇 家乐 明辉 嘉豪 鑫 博文 宇轩 小军 思远 建华 志文 光耀 子涵 承志 小波 浩宇 正阳",
}  # fmt: skip
# What somebody who writes by ear puts down: the same sound, another character.
HOMOPHONES = dict(zip("艳丽芳伟红玲静文俊欣佳志敏军", "燕莉方玮宏铃婧雯峻鑫嘉智民君", strict=True))


def sounds_like(name: str) -> str | None:
    """The name with one character replaced by a homophone, or None when we know none."""
    for place, character in enumerate(name[1:], start=1):
        if character in HOMOPHONES:
            return name[:place] + HOMOPHONES[character] + name[place + 1 :]
    return None


def wrong_check(number: str) -> str:
    """The number with another last digit: what a slip of the hand makes of it."""
    return number[:-1] + ("1" if number[-1] != "1" else "2")


def fifteen(number: str) -> str:
    """The form of before 1999: without century and check digit."""
    return number[:6] + number[8:17]


@dataclass
class People:
    """Gives out people so that no name in a family, no number and no phone comes twice."""

    random: Random
    _numbers: set[str] = field(default_factory=set)
    _phone: int = 19000001000

    def surname(self) -> str:
        return self.random.choice(SURNAMES)

    def name(self, surname: str, generation: str, sex: str, taken: Sequence[str] = ()) -> str:
        given = [g for g in GIVEN[generation, sex].split() if surname + g not in taken]
        return surname + self.random.choice(given)

    def number(self, born: dt.date, sex: str) -> str:
        """18 digits of the county; the digit before the last is odd for a male."""
        while True:
            serial = self.random.randrange(0, 500) * 2 + (sex == "male")
            body = f"{COUNTY}{born:%Y%m%d}{serial:03d}"
            number = body + ric.calc_check_digit(body + "0")
            if number not in self._numbers:
                self._numbers.add(number)
                return number

    def phone(self) -> str:
        """11 digits from 190 0000: a block that was never given out."""
        self._phone += 1
        return str(self._phone)

    def born(self, first: int, last: int) -> dt.date:
        """A day in one of the years from `first` to `last`."""
        days = (dt.date(last, 12, 31) - dt.date(first, 1, 1)).days
        return dt.date(first, 1, 1) + dt.timedelta(self.random.randrange(days + 1))
