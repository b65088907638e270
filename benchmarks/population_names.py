"""Names, towns and streets of the population that identity resolution is measured on.

Everybody and everything here is invented. How common the names are follows what is known of real
ones: a few are borne by many, most by few. Surnames fall with the rank as 1/(rank + 14), which fits
the United States' census (the first at .9 %, the hundredth at .1 %, the thousandth at .014 %); the
first hundred Chinese surnames cover nine tenths of the people.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt

from bureau.simulator.names import NICKNAMES, given_names, surnames

__all__ = [
    "Names",
    "Towns",
    "chinese_names",
    "chinese_towns",
    "mixed",
    "plain",
    "streets",
    "western_names",
    "western_towns",
]

Objects = npt.NDArray[Any]

_STEMS = """
Ander Hart Whit Black Brad Car Dal Ed Fair Gar Hol Jack Kil Lang Mar Nor Ol Pem Quin Rad Sher Thorn Under Van Wal Win
York Ash Bar Ches Dun El For Gil Ham Hazel Kings Lin Mil New Oak Pres Ran Strat Tal West Wood Bur Cren Den Els Fen Graf
Hein Iver Jor Klein Lund Mont Nies Os Pol Ros Stein Tor Ull Vas Wei Zim Kras Baren Sor Mal Pet Gal Ber Cas Dom Esp Fer
"""
_ENDS = """
son ford man ley ton well worth ham by berg stein ski wick field land ridge brook more shaw ner ini elli ez ova enko
ling mann dorf strom quist sen bury combe gate hurst low mere stead thwaite wright ett ard oux eau idis escu ian
"""
_ACCENTED = "Muñoz Núñez Peña Müller Schröder Günther Gómez Ibáñez Lemaître Björk Sørensen Ñañez Zúñiga Dvořák Łukasik"
_FIRST_STARTS = "Ja De La Sha Ke Ma Ta Bre Ari Cam El Jo Ka Na Ro Tri Ze Da Le Que Ry Ty Ky Bry Mi"
_FIRST_ENDS = "mar shawn nelle lyn den ra vion na quan brielle dan ton rick sha lia ric vin son lee lani cia"
_MORE_NICKNAMES = """
William:Will William:Billy Robert:Rob Robert:Bobby James:Jimmy James:Jamie John:Johnny Richard:Dick Thomas:Tommy
Charles:Charlie Joseph:Joey Michael:Mikey Edward:Ted Edward:Eddie Elizabeth:Beth Elizabeth:Betty Elizabeth:Lizzie
Margaret:Maggie Margaret:Meg Katherine:Kathy Katherine:Katie Catherine:Kate Patricia:Trish Patricia:Patty Jennifer:Jenny
Susan:Susie Deborah:Debbie Barbara:Barbie Kenneth:Kenny Donald:Don Ronald:Ronnie Anthony:Ant Daniel:Danny Andrew:Drew
Matthew:Matty Joshua:Josh Alexander:Sandy Benjamin:Benny Nancy:Nan Dorothy:Dot Sarah:Sally Mary:Molly Mary:Polly
Victoria:Tori Christina:Tina Sandra:Sandy Pamela:Pammy Angela:Angie Amanda:Mandy Melissa:Missy Stephen:Steve
Lawrence:Larry Eugene:Gene Walter:Walt Henry:Hank Frank:Frankie Judith:Judy Theresa:Tess Teresa:Tess Nicole:Nikki
"""
_CHINESE_SURNAMES = """
史Shi 龙Long 万Wan 段Duan 雷Lei 钱Qian 汤Tang 尹Yin 黎Li 易Yi 常Chang 武Wu 乔Qiao 贺He 赖Lai 龚Gong 文Wen 庞Pang
樊Fan 兰Lan 殷Yin 施Shi 陶Tao 洪Hong 翟Zhai 安An 颜Yan 倪Ni 严Yan 牛Niu 温Wen 芦Lu 季Ji 俞Yu 章Zhang 鲁Lu 葛Ge 伍Wu
毕Bi 聂Nie 焦Jiao 向Xiang 柳Liu 邢Xing 路Lu 岳Yue 齐Qi 梅Mei 莫Mo 庄Zhuang 辛Xin 管Guan 祝Zhu 左Zuo 涂Tu 谷Gu 祁Qi
耿Geng 牟Mou 卜Bu 詹Zhan 关Guan 苗Miao 司马Sima 上官Shangguan 诸葛Zhuge 慕容Murong 皇甫Huangfu 令狐Linghu
东方Dongfang 夏侯Xiahou 尉迟Yuchi 司徒Situ
"""
_CHINESE_GIVEN = """
嘉Jia 瑞Rui 俊Jun 睿Rui 轩Xuan 皓Hao 然Ran 萱Xuan 涵Han 琪Qi 瑶Yao 璐Lu 妍Yan 彤Tong 昊Hao 彬Bin 峰Feng 亮Liang
松Song 柏Bai 清Qing 源Yuan 乐Le 恩En 信Xin 义Yi 礼Li 仁Ren 忠Zhong 孝Xiao 荣Rong 贵Gui 富Fu 祥Xiang 安An 宏Hong
伦Lun 佩Pei 雯Wen 霖Lin 锋Feng 楠Nan 森Sen 翔Xiang 宸Chen 玥Yue 蕾Lei 薇Wei 菲Fei 岚Lan 虹Hong 青Qing 冰Bing 寒Han
秋Qiu 冬Dong 夏Xia 阳Yang 庆Qing 山Shan
"""
_TOWN_STARTS = """
Oak Maple Cedar Spring Green Clear Fair Glen Brook Ridge West East North South Lake River Stone Silver Gold Iron Mill
Ash Elm Pine Bay Harbor Sand Rock Eagle Deer Fox Bear Wolf Rose Lily Grand High Low New Old Plain Wood Bridge King Queen
"""
_TOWN_ENDS = "ville ton field wood burg dale port ford haven view mont brook land crest side hurst bury gate mere worth"
_STATES = """
CA:90 TX:75 FL:33 NY:10 PA:15 IL:60 OH:44 GA:30 NC:27 MI:48 NJ:07 VA:22 WA:98 AZ:85 MA:01 TN:37 IN:46 MO:63 MD:21 WI:53
CO:80 MN:55 SC:29 AL:35 LA:70 KY:40 OR:97 OK:73 CT:06 UT:84 IA:50 NV:89 AR:72 MS:39 KS:66 NM:87 NE:68 ID:83 WV:25 HI:96
"""
_CITIES = """
北京市:北京市:Beijing:100 上海市:上海市:Shanghai:200 广东省:广州市:Guangzhou:510 广东省:深圳市:Shenzhen:518
四川省:成都市:Chengdu:610 重庆市:重庆市:Chongqing:400 天津市:天津市:Tianjin:300 浙江省:杭州市:Hangzhou:310
湖北省:武汉市:Wuhan:430 陕西省:西安市:Xian:710 江苏省:南京市:Nanjing:210 江苏省:苏州市:Suzhou:215
河南省:郑州市:Zhengzhou:450 湖南省:长沙市:Changsha:410 山东省:青岛市:Qingdao:266 辽宁省:沈阳市:Shenyang:110
浙江省:宁波市:Ningbo:315 山东省:济南市:Jinan:250 福建省:福州市:Fuzhou:350 福建省:厦门市:Xiamen:361
安徽省:合肥市:Hefei:230 云南省:昆明市:Kunming:650 黑龙江省:哈尔滨市:Harbin:150 吉林省:长春市:Changchun:130
江西省:南昌市:Nanchang:330 贵州省:贵阳市:Guiyang:550 山西省:太原市:Taiyuan:030 河北省:石家庄市:Shijiazhuang:050
甘肃省:兰州市:Lanzhou:730 海南省:海口市:Haikou:570
"""
_PROVINCES = """
北京市:Beijing 上海市:Shanghai 天津市:Tianjin 重庆市:Chongqing 广东省:Guangdong 四川省:Sichuan 浙江省:Zhejiang
湖北省:Hubei 陕西省:Shaanxi 江苏省:Jiangsu 河南省:Henan 湖南省:Hunan 山东省:Shandong 辽宁省:Liaoning
福建省:Fujian 安徽省:Anhui 云南省:Yunnan 黑龙江省:Heilongjiang 吉林省:Jilin
江西省:Jiangxi 贵州省:Guizhou 山西省:Shanxi 河北省:Hebei 甘肃省:Gansu 海南省:Hainan
"""
_DISTRICTS = """
城东区:Chengdong 城西区:Chengxi 新华区:Xinhua 中原区:Zhongyuan 江北区:Jiangbei 江南区:Jiangnan 高新区:Gaoxin
鼓楼区:Gulou
"""
_ROADS = """
人民路:Renmin:Rd 中山路:Zhongshan:Rd 解放路:Jiefang:Rd 建设路:Jianshe:Rd 和平路:Heping:Rd 新华路:Xinhua:Rd
文化路:Wenhua:Rd 胜利路:Shengli:Rd 长江路:Changjiang:Rd 黄河路:Huanghe:Rd 南京路:Nanjing:Rd 朝阳街:Chaoyang:St
东风街:Dongfeng:St 光明街:Guangming:St 幸福街:Xingfu:St 花园路:Huayuan:Rd 学院路:Xueyuan:Rd 体育路:Tiyu:Rd
青年路:Qingnian:Rd 滨江路:Binjiang:Rd 湖滨路:Hubin:Rd 天府街:Tianfu:St 科技路:Keji:Rd 迎宾路:Yingbin:Rd
振兴街:Zhenxing:St 团结路:Tuanjie:Rd 站前路:Zhanqian:Rd
"""
_STREETS = """
Main Second Third First Oak Fourth Park Fifth Pine Maple Sixth Cedar Elm View Washington Seventh Lake Hill Walnut Eighth
Spring North Ridge Lincoln Church Willow Mill Sunset Railroad Jackson Cherry West South Center Highland Johnson Forest
Jefferson Hickory Wilson River Meadow Valley Smith East Chestnut Franklin Adams Spruce Laurel Davis Birch Williams Lee
Dogwood Green Poplar Locust Woodland Taylor Ash Madison Hillcrest Sycamore Broadway Miller College Central Magnolia
Martin Spruce Juniper Prospect Monroe Grant Liberty Union Market Water Front Canal Harbor Station Academy Garden Vine
Hawthorne Aspen Summit Quarry Bayview Orchard Colonial Fairway Heritage Kingston Lafayette Mulberry Nottingham Overlook
"""
_KINDS = (("St", "Street"), ("Ave", "Avenue"), ("Rd", "Road"), ("Dr", "Drive"), ("Ln", "Lane"), ("Ct", "Court"))


@dataclass(frozen=True)
class Names:
    """Names by number: as written, in Latin letters, and how common each is (cumulated, up to 1).

    ``first`` and ``last`` hold a table each; ``short`` the nicknames of each first name.
    """

    first: tuple[Objects, Objects]
    first_latin: tuple[Objects, Objects]
    first_common: tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]
    last: Objects
    last_latin: Objects
    last_common: npt.NDArray[np.float64]
    short: tuple[Objects, Objects]


@dataclass(frozen=True)
class Towns:
    """Towns by number: name and region, both also in Latin letters, head of the postcode, how common (cumulated)."""

    name: Objects
    latin: Objects
    region: Objects
    latin_region: Objects
    postcode: Objects
    common: npt.NDArray[np.float64]


@cache
def western_names() -> Names:
    """First names of women (0) and men (1), and surnames, with the nicknames of first names."""
    table = given_names()
    women, men, *_ = (len(weights) for weights in table.weights)
    known = table.written.to_pylist()
    tail = [start + end for start, end in product(_FIRST_STARTS.split(), _FIRST_ENDS.split())]
    firsts = tuple(_objects([*part, *tail[half::2]]) for half, part in enumerate((known[:women], known[women:][:men])))
    lasts = surnames().written.to_pylist()[: len(surnames().weights[0])]
    made = [stem + end for stem, end in product(_STEMS.split(), _ENDS.split())]
    order = np.random.default_rng(0).permutation(len(made))
    made = [made[place] for place in order]
    rare = [start + name for start in ("Mc", "Van ", "De", "San") for name in made]
    last = _objects(dict.fromkeys([*lasts, *_ACCENTED.split(), *made, *rare]))
    short: dict[str, list[str]] = {name: [nick] for name, nick in NICKNAMES.items()}
    for pair in _MORE_NICKNAMES.split():
        name, nick = pair.split(":")
        short.setdefault(name, []).append(nick)
    return Names(
        first=(firsts[0], firsts[1]),
        first_latin=(firsts[0], firsts[1]),
        first_common=(_falling(len(firsts[0]), 9, 1.1), _falling(len(firsts[1]), 9, 1.1)),
        last=last,
        last_latin=_objects(plain(name) for name in last),
        last_common=_falling(len(last), 14, 1.0),
        short=(_nicknames(firsts[0], short), _nicknames(firsts[1], short)),
    )


@cache
def chinese_names() -> Names:
    """Hanzi and pinyin: given names of one or two characters, surnames of one or, seldom, two."""
    table, sizes = given_names(), [len(weights) for weights in given_names().weights]
    lasts, latins = surnames().written.to_pylist(), surnames().latin.to_pylist()
    western = len(surnames().weights[0])
    more = [_split(word) for word in _CHINESE_SURNAMES.split()]
    last = [*zip(lasts[western:], (name.capitalize() for name in latins[western:]), strict=True), *more]
    firsts: list[list[tuple[str, str]]] = []
    at = sizes[0] + sizes[1]
    for size in sizes[2:]:
        written, latin = table.written[at : at + size].to_pylist(), table.latin[at : at + size].to_pylist()
        single = [(a, b.capitalize()) for a, b in zip(written, latin, strict=True) if len(a) == 1]
        single += [_split(word) for word in _CHINESE_GIVEN.split()]
        pairs = [(a + b, f"{c} {d.lower()}") for (a, c), (b, d) in product(single, single)]
        firsts.append([*single, *pairs])
        at += size
    # A quarter have one character; within each length some characters are much commoner than others.
    common = []
    for first in firsts:
        count = int(np.sqrt(len(first)))
        one = 1 / (np.arange(count) + 6.0)
        two = (1 / (np.arange(count) + 12.0))[:, None] * (1 / (np.arange(count) + 12.0))[None, ::-1]
        weights = np.concatenate([one / one.sum() * 0.25, (two / two.sum()).ravel() * 0.75])
        common.append(np.cumsum(weights))
    written_firsts = [_objects(a for a, _ in first) for first in firsts]
    latin_firsts = [_objects(b for _, b in first) for first in firsts]
    return Names(
        first=(written_firsts[0], written_firsts[1]),
        first_latin=(latin_firsts[0], latin_firsts[1]),
        first_common=(common[0], common[1]),
        last=_objects(a for a, _ in last),
        last_latin=_objects(plain(b) for _, b in last),
        last_common=_falling(len(last), 5, 1.25),
        short=(latin_firsts[0], latin_firsts[1]),
    )


@cache
def western_towns() -> Towns:
    """About 900 towns; the largest holds about 3 % of the people."""
    names = [start + end for start, end in product(_TOWN_STARTS.split(), _TOWN_ENDS.split())]
    names = [names[place] for place in np.random.default_rng(1).permutation(len(names))]
    states = [pair.split(":") for pair in _STATES.split()]
    which = mixed(np.arange(len(names)), 5) % len(states)
    heads = _objects(states[state][1] + str(town % 10) for town, state in enumerate(which))
    region = _objects(states[state][0] for state in which)
    return Towns(_objects(names), _objects(names), region, region, heads, _falling(len(names), 4, 0.9))


@cache
def chinese_towns() -> Towns:
    """Districts of 30 cities; the name of a town is the city, its district stands in the street's line."""
    rows = [row.split(":") for row in _CITIES.split()]
    columns = (_objects(column) for column in zip(*rows, strict=True))
    region, name, latin, head = columns
    provinces = dict(pair.split(":") for pair in _PROVINCES.split())
    return Towns(name, latin, region, _objects(provinces[each] for each in region), head, _falling(len(rows), 3, 0.9))


@cache
def streets() -> tuple[Objects, Objects, Objects, Objects, npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Western streets with the kind short and spelt out, Chinese ones in hanzi and pinyin, and how common each is."""
    western = [(f"{name} {kind}", f"{name} {long}") for kind, long in _KINDS for name in _STREETS.split()]
    chinese = [
        (district + hanzi, f"{latin} {kind}, {latin_district} District")
        for (district, latin_district), (hanzi, latin, kind) in product(
            (pair.split(":") for pair in _DISTRICTS.split()), (row.split(":") for row in _ROADS.split())
        )
    ]
    order = np.random.default_rng(2).permutation(len(western))
    return (
        _objects(western[place][0] for place in order),
        _objects(western[place][1] for place in order),
        _objects(pair[0] for pair in chinese),
        _objects(pair[1] for pair in chinese),
        _falling(len(western), 20, 0.8),
        _falling(len(chinese), 50, 0.5),
    )


def mixed(*parts: npt.NDArray[Any] | int) -> npt.NDArray[np.uint64]:
    """A hash of whole numbers (SplitMix64): the same for the same numbers, else as good as random."""
    total = np.zeros(1, dtype=np.uint64)
    with np.errstate(over="ignore"):
        for part in parts:
            total = (total + np.asarray(part).astype(np.uint64)) * np.uint64(0x9E3779B97F4A7C15)
            total = (total ^ (total >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
            total = (total ^ (total >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
            total ^= total >> np.uint64(31)
    return total


def plain(name: str) -> str:
    """A name in plain letters: accents are lost, ``Ü`` is written ``U``."""
    letters = unicodedata.normalize("NFKD", name.replace("ø", "o").replace("Ø", "O").replace("Ł", "L"))
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def _nicknames(first: Objects, short: dict[str, list[str]]) -> Objects:
    table = np.empty(len(first), dtype=object)
    for place, name in enumerate(first):
        table[place] = short.get(name, [])
    return table


def _split(word: str) -> tuple[str, str]:
    """Hanzi and pinyin, split where the Latin letters begin."""
    at = next(place for place, letter in enumerate(word) if letter.isascii())
    return word[:at], word[at:]


def _objects(values: Any) -> Objects:
    listed = list(values)
    table = np.empty(len(listed), dtype=object)
    table[:] = listed
    return table


def _falling(count: int, start: float, power: float) -> npt.NDArray[np.float64]:
    """Cumulated shares that fall with the rank."""
    weights = 1 / (np.arange(count) + start) ** power
    cumulated: npt.NDArray[np.float64] = np.cumsum(weights / weights.sum())
    return cumulated
