"""Names to draw from: Western ones, and Chinese ones in hanzi with their pinyin.

Everybody here is invented; the names are merely common ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import product
from types import MappingProxyType
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

__all__ = ["EMPLOYERS", "NICKNAMES", "NameTable", "given_names", "nicknames", "surnames"]

_SURNAMES: Final = """
Smith Johnson Williams Brown Jones Garcia Miller Davis Rodriguez Martinez Hernandez Lopez Gonzalez Wilson Anderson
Thomas Taylor Moore Jackson Martin Lee Perez Thompson White Harris Sanchez Clark Ramirez Lewis Robinson Walker Young
Allen King Wright Scott Torres Nguyen Hill Flores Green Adams Nelson Baker Hall Rivera Campbell Mitchell Carter Roberts
Gomez Phillips Evans Turner Diaz Parker Cruz Edwards Collins Reyes Stewart Morris Morales Murphy Cook Rogers Gutierrez
Ortiz Morgan Cooper Peterson Bailey Reed Kelly Howard Ramos Kim Cox Ward Richardson Watson Brooks Chavez Wood James
Bennett Gray Mendoza Ruiz Hughes Price Alvarez Castillo Sanders Patel Myers Long Ross Foster Jimenez Powell Jenkins
Perry Russell Sullivan Bell Coleman Butler Henderson Barnes Fisher Vasquez Simmons Romero Jordan Patterson Alexander
Hamilton Graham Reynolds Griffin Wallace Moreno West Cole Hayes Bryant Herrera Gibson Ellis Tran Medina Aguilar Stevens
Murray Ford Castro Marshall Owens Harrison Fernandez McDonald Woods Washington Kennedy Wells Vargas Henry Chen Freeman
Webb Tucker Guzman Burns Crawford Olson Simpson Porter Hunter Gordon Mendez Silva Shaw Snyder Mason Dixon Munoz Hunt
Hicks Holmes Palmer Wagner Black Robertson Boyd Rose Stone Salazar Fox Warren Mills Meyer Rice Schmidt Garza Daniels
Ferguson Nichols Stephens Soto Weaver Ryan Gardner Payne Grant Dunn Kelley Spencer Hawkins Arnold Pierce Hansen Peters
O'Brien O'Connor Lindqvist Kowalski Novak Petersen Haugen Bianchi Rossi Dubois Lefevre Okafor Mensah Abebe Haddad
Nakamura Tanaka Singh Sharma Kaplan Weiss Van-Dyke Delacroix Saint-James Smith-Jones Brandt Keller Vogel Lindgren
"""
_MEN: Final = """
James Robert John Michael David William Richard Joseph Thomas Christopher Charles Daniel Matthew Anthony Mark Donald
Steven Andrew Paul Joshua Kenneth Kevin Brian Timothy Ronald George Jason Edward Jeffrey Ryan Jacob Nicholas Gary Eric
Jonathan Stephen Larry Justin Scott Brandon Benjamin Samuel Gregory Alexander Patrick Frank Raymond Jack Dennis Jerry
Tyler Aaron Jose Adam Nathan Henry Zachary Douglas Peter Kyle Noah Ethan Jeremy Christian Walter Keith Austin Roger
Terry Sean Gerald Carl Dylan Harold Jordan Jesse Bryan Lawrence Arthur Gabriel Bruce Logan Billy Joe Alan Juan Elijah
Willie Albert Wayne Randy Mason Vincent Liam Roy Bobby Caleb Bradley Russell Lucas Miguel Luis Carlos Omar Ivan Oscar
Felix
"""
_WOMEN: Final = """
Mary Patricia Jennifer Linda Elizabeth Barbara Susan Jessica Karen Sarah Lisa Nancy Sandra Ashley Emily Kimberly Betty
Margaret Donna Michelle Carol Amanda Melissa Deborah Stephanie Rebecca Sharon Laura Cynthia Dorothy Amy Kathleen Angela
Shirley Emma Brenda Pamela Nicole Anna Samantha Katherine Christine Debra Rachel Carolyn Janet Maria Olivia Heather
Helen Catherine Diane Julie Victoria Joyce Lauren Kelly Christina Ruth Joan Virginia Judith Evelyn Hannah Andrea Megan
Cheryl Jacqueline Madison Teresa Abigail Sophia Martha Sara Gloria Janice Kathryn Ann Isabella Judy Charlotte Julia
Grace Amber Alice Jean Denise Frances Danielle Marilyn Natalie Beverly Diana Brittany Theresa Kayla Alexis Doris Lori
"""
_NICKNAMES: Final = """
James:Jim Robert:Bob John:Jack Michael:Mike David:Dave William:Bill Richard:Rick Joseph:Joe Thomas:Tom Christopher:Chris
Charles:Chuck Daniel:Dan Matthew:Matt Anthony:Tony Steven:Steve Andrew:Andy Kenneth:Ken Timothy:Tim Ronald:Ron Edward:Ed
Jeffrey:Jeff Nicholas:Nick Jonathan:Jon Benjamin:Ben Samuel:Sam Gregory:Greg Alexander:Alex Raymond:Ray Zachary:Zach
Douglas:Doug Lawrence:Larry Albert:Al Patricia:Pat Jennifer:Jen Elizabeth:Liz Barbara:Barb Susan:Sue Jessica:Jess
Deborah:Deb Kimberly:Kim Margaret:Peggy Stephanie:Steph Rebecca:Becky Cynthia:Cindy Kathleen:Kathy Pamela:Pam
Samantha:Sam Katherine:Kate Christine:Chris Catherine:Cathy Victoria:Vicky Jacqueline:Jackie Teresa:Terry Abigail:Abby
Kathryn:Katie Isabella:Bella Theresa:Terri
"""
NICKNAMES: Final = MappingProxyType(dict(pair.split(":") for pair in _NICKNAMES.split()))
"""First names to what friends say."""

_CHINESE_SURNAMES: Final = """
王Wang 李Li 张Zhang 刘Liu 陈Chen 杨Yang 黄Huang 赵Zhao 吴Wu 周Zhou 徐Xu 孙Sun 马Ma 朱Zhu 胡Hu 郭Guo 何He 高Gao 林Lin
罗Luo 郑Zheng 梁Liang 谢Xie 宋Song 唐Tang 许Xu 韩Han 冯Feng 邓Deng 曹Cao 彭Peng 曾Zeng 肖Xiao 田Tian 董Dong 袁Yuan
潘Pan 于Yu 蒋Jiang 蔡Cai 余Yu 杜Du 叶Ye 程Cheng 苏Su 魏Wei 吕Lü 丁Ding 任Ren 沈Shen 姚Yao 卢Lu 姜Jiang 崔Cui 钟Zhong
谭Tan 陆Lu 汪Wang 范Fan 金Jin 石Shi 廖Liao 贾Jia 夏Xia 韦Wei 方Fang 白Bai 邹Zou 孟Meng 熊Xiong 秦Qin 江Jiang 欧阳Ouyang
"""
_CHINESE_MEN: Final = """
伟Wei 强Qiang 磊Lei 军Jun 勇Yong 杰Jie 涛Tao 明Ming 超Chao 刚Gang 平Ping 辉Hui 鹏Peng 华Hua 飞Fei 鑫Xin 波Bo 斌Bin 宇Yu
浩Hao 凯Kai 健Jian 俊Jun 帆Fan 帅Shuai 旭Xu 宁Ning 龙Long 林Lin 阳Yang 建Jian 文Wen 志Zhi 国Guo 海Hai 东Dong 晨Chen 博Bo
子Zi 天Tian 家Jia 少Shao 德De 永Yong 振Zhen 立Li 成Cheng 康Kang 星Xing 泽Ze
"""
_CHINESE_WOMEN: Final = """
芳Fang 娜Na 敏Min 静Jing 丽Li 艳Yan 娟Juan 霞Xia 秀Xiu 燕Yan 玲Ling 桂Gui 丹Dan 萍Ping 红Hong 玉Yu 婷Ting 雪Xue 慧Hui
莹Ying 倩Qian 颖Ying 洁Jie 琳Lin 佳Jia 欣Xin 怡Yi 悦Yue 月Yue 梅Mei 兰Lan 英Ying 云Yun 珍Zhen 美Mei 春Chun 莉Li 小Xiao
晓Xiao 雨Yu 思Si 梦Meng 诗Shi 子Zi 若Ruo 文Wen 淑Shu 凤Feng 琴Qin 蓉Rong
"""
_FIRST: Final = """
Northwind Bluestone Riverside Summit Lakeview Harbor Prairie Cedar Granite Evergreen Sterling Beacon Redwood Clearwater
Ironwood Fairview Golden Silverline Highland Meadow Oakdale Pinecrest Stonebridge Westgate
"""
_SECOND: Final = """
Foods Logistics Hospital Schools Software Motors Retail Builders Insurance Textiles Farms Hotels Energy Freight Dental
Media
"""
EMPLOYERS: Final = tuple(" ".join(pair) for pair in product(_FIRST.split(), _SECOND.split()))
"""Names of employers, which never have more than 30 characters."""


@dataclass(frozen=True)
class NameTable:
    """Names by number, in groups to draw from.

    Parameters
    ----------
    written : pyarrow.Array
        As furnishers write them whose files take any letters.
    latin : pyarrow.Array
        In plain capital letters, for Metro 2.
    weights : tuple of numpy.ndarray
        For each group how common its names are, adding up to 1; the groups follow one another.
    """

    written: pa.Array
    latin: pa.Array
    weights: tuple[npt.NDArray[np.float64], ...]

    def draw(self, group: npt.NDArray[np.int64], rng: np.random.Generator) -> npt.NDArray[np.int16]:
        """The number of a name of each group asked for, common ones more often."""
        drawn = np.zeros(len(group), dtype=np.int16)
        start = 0
        for number, weights in enumerate(self.weights):
            wanted = np.flatnonzero(group == number)
            drawn[wanted] = start + rng.choice(len(weights), len(wanted), p=weights)
            start += len(weights)
        return drawn


@cache
def surnames() -> NameTable:
    """Surnames: group 0 Western, 1 Chinese."""
    return _table([(name, name) for name in _SURNAMES.split()], _characters(_CHINESE_SURNAMES))


@cache
def given_names() -> NameTable:
    """Given names: group 0 Western women, 1 Western men, 2 Chinese women, 3 Chinese men."""
    western = [[(name, name) for name in text.split()] for text in (_WOMEN, _MEN)]
    chinese = []
    for text in (_CHINESE_WOMEN, _CHINESE_MEN):
        single = _characters(text)
        chinese.append(
            single + [(a + b, pinyin_a + pinyin_b.lower()) for (a, pinyin_a), (b, pinyin_b) in product(single, single)]
        )
    return _table(*western, *chinese)


@cache
def nicknames() -> pa.Array:
    """What friends say instead of each given name."""
    return pa.array([NICKNAMES.get(name, name) for name in given_names().written.to_pylist()])


def _characters(text: str) -> list[tuple[str, str]]:
    """Hanzi and pinyin, split where the Latin letters begin."""
    pairs = []
    for word in text.split():
        at = next(place for place, letter in enumerate(word) if not "\u4e00" <= letter <= "\u9fff")
        pairs.append((word[:at], word[at:]))
    return pairs


def _table(*groups: list[tuple[str, str]]) -> NameTable:
    pairs = [pair for group in groups for pair in group]
    latin = [name.upper().replace("Ü", "U") for _, name in pairs]
    weights = [1 / np.arange(3, len(group) + 3) ** (0.8 if len(group) < 500 else 0.2) for group in groups]
    written = pa.array([name for name, _ in pairs])
    return NameTable(written, pa.array(latin), tuple(each / each.sum() for each in weights))
