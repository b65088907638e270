"""Addresses: made up, in two scripts where they are Chinese.

An address is a place (city), a street, a number and perhaps a flat; its text is made once for each
address and looked up from then on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from bureau.simulator.randomness import Chance

__all__ = ["Addresses", "draw_addresses"]

_US_PLACES: Final = [
    ("Harborview", "WA", "98"), ("Cedar Falls", "WA", "98"), ("Port Ellery", "OR", "97"), ("Millbrook", "OR", "97"),
    ("Santa Rosalia", "CA", "92"), ("Bay Meadows", "CA", "94"), ("Palmera", "CA", "90"), ("Silver Flats", "NV", "89"),
    ("Copper Ridge", "AZ", "85"), ("Lone Pine", "CO", "80"), ("Prairie View", "NE", "68"), ("Oak Hollow", "KS", "67"),
    ("Fort Dalton", "TX", "75"), ("Mesquite Bend", "TX", "77"), ("Bluewater", "LA", "70"), ("Magnolia Bay", "MS", "39"),
    ("Lakemont", "MN", "55"), ("North Haven", "WI", "53"), ("Grand Prairie", "IL", "60"), ("Ashford", "OH", "44"),
    ("Maplewood", "MI", "48"), ("Ironton Mills", "PA", "15"), ("Kingsbridge", "NY", "10"), ("East Harlow", "NY", "11"),
    ("Salem Harbor", "MA", "01"), ("Stonington", "CT", "06"), ("Riverton", "NJ", "07"), ("Bay Landing", "MD", "21"),
    ("Pine Bluffs", "NC", "27"), ("Savanna Beach", "GA", "31"), ("Coral Key", "FL", "33"), ("Orange Grove", "FL", "32"),
]  # fmt: skip
_US_STREETS: Final = """
Maple Oak Cedar Pine Elm Walnut Birch Willow Chestnut Spruce Main Church Mill Lake River Hill Park Spring Bridge
Highland Sunset Meadow Forest Valley Orchard Prospect Franklin Jefferson Lincoln Madison Monroe Jackson Grant Liberty
Union Center Market Water Front Canal Harbor Railroad Station College Academy Garden Vine Laurel Cherry Juniper
Magnolia Poplar Sycamore Hawthorne Aspen Dogwood Hickory Ridge Summit Quarry
"""
_US_KINDS: Final = ("St", "Ave", "Rd", "Ln", "Dr", "Ct")
_CN_PLACES: Final = [
    ("北京市", "北京市", "BEIJING", "BJ", "100"), ("上海市", "上海市", "SHANGHAI", "SH", "200"),
    ("天津市", "天津市", "TIANJIN", "TJ", "300"), ("重庆市", "重庆市", "CHONGQING", "CQ", "400"),
    ("广东省", "广州市", "GUANGZHOU", "GD", "510"), ("广东省", "深圳市", "SHENZHEN", "GD", "518"),
    ("浙江省", "杭州市", "HANGZHOU", "ZJ", "310"), ("浙江省", "宁波市", "NINGBO", "ZJ", "315"),
    ("江苏省", "南京市", "NANJING", "JS", "210"), ("江苏省", "苏州市", "SUZHOU", "JS", "215"),
    ("山东省", "济南市", "JINAN", "SD", "250"), ("山东省", "青岛市", "QINGDAO", "SD", "266"),
    ("湖北省", "武汉市", "WUHAN", "HB", "430"), ("湖南省", "长沙市", "CHANGSHA", "HN", "410"),
    ("四川省", "成都市", "CHENGDU", "SC", "610"), ("陕西省", "西安市", "XIAN", "SN", "710"),
    ("福建省", "厦门市", "XIAMEN", "FJ", "361"), ("福建省", "福州市", "FUZHOU", "FJ", "350"),
]  # fmt: skip
_CN_STREETS: Final = [
    ("人民路", "RENMIN RD"), ("中山路", "ZHONGSHAN RD"), ("解放路", "JIEFANG RD"), ("建设路", "JIANSHE RD"),
    ("和平路", "HEPING RD"), ("新华路", "XINHUA RD"), ("文化路", "WENHUA RD"), ("胜利路", "SHENGLI RD"),
    ("长江路", "CHANGJIANG RD"), ("黄河路", "HUANGHE RD"), ("南京路", "NANJING RD"), ("北京路", "BEIJING RD"),
    ("朝阳街", "CHAOYANG ST"), ("东风街", "DONGFENG ST"), ("光明街", "GUANGMING ST"), ("幸福街", "XINGFU ST"),
    ("花园路", "HUAYUAN RD"), ("学院路", "XUEYUAN RD"), ("体育路", "TIYU RD"), ("青年路", "QINGNIAN RD"),
    ("滨江路", "BINJIANG RD"), ("湖滨路", "HUBIN RD"), ("天府街", "TIANFU ST"), ("科技路", "KEJI RD"),
]  # fmt: skip


@dataclass(frozen=True)
class Addresses:
    """Every address of the world, by its number.

    Parameters
    ----------
    line, city, region, postcode : pyarrow.Array
        As furnishers write them whose files take any letters.
    latin_line, latin_city, state : pyarrow.Array
        In plain capital letters, for Metro 2; a province stands as two letters.
    is_chinese : numpy.ndarray
        Whether it is in China, else in the United States.
    """

    line: pa.Array
    city: pa.Array
    region: pa.Array
    postcode: pa.Array
    latin_line: pa.Array
    latin_city: pa.Array
    state: pa.Array
    is_chinese: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.is_chinese)


def draw_addresses(chance: Chance, is_chinese: npt.NDArray[np.bool_]) -> Addresses:
    """Make up an address for each entry, in China or in the United States.

    Parameters
    ----------
    chance : Chance
        The world's randomness.
    is_chinese : numpy.ndarray
        Which ones lie in China.
    """
    count = len(is_chinese)
    rng = chance.stream("addresses")
    number = rng.integers(1, 2000, count)
    place = np.where(is_chinese, rng.integers(0, len(_CN_PLACES), count), rng.integers(0, len(_US_PLACES), count))
    us_streets = [f"{street} {kind}" for street in _US_STREETS.split() for kind in _US_KINDS]
    street = np.where(is_chinese, rng.integers(0, len(_CN_STREETS), count), rng.integers(0, len(us_streets), count))
    flat = np.where(rng.random(count) < 0.4, rng.integers(1, 1500, count), 0)
    tail = rng.integers(0, 1000, count)
    chosen = pa.array(is_chinese)
    place_number, street_number = np.where(is_chinese, place, -1), np.where(is_chinese, street, -1)

    def pick(chinese: list[str], western: list[str], of: npt.NDArray[Any], chinese_of: npt.NDArray[Any]) -> pa.Array:
        """The text of each entry from its own table."""
        table = pa.array(western + chinese)
        return table.take(pa.array(np.where(is_chinese, chinese_of + len(western), of)))

    digits = pa.array(number).cast(pa.string())
    flats = pa.array(flat).cast(pa.string())
    has_flat = pa.array(flat > 0)
    hanzi = pc.binary_join_element_wise(
        pick([name for name, _ in _CN_STREETS], us_streets, street, street_number), digits, "号", ""
    )
    hanzi = pc.if_else(has_flat, pc.binary_join_element_wise(hanzi, flats, "室", ""), hanzi)
    western = pc.binary_join_element_wise(
        digits, pick([name for _, name in _CN_STREETS], us_streets, street, street_number), " "
    )
    apartment = pc.if_else(chosen, pa.scalar(" RM "), pa.scalar(" Apt "))
    western = pc.if_else(has_flat, pc.binary_join_element_wise(western, apartment, flats, ""), western)
    tails = pc.utf8_lpad(pa.array(tail).cast(pa.string()), 3, "0")
    cities = pick([city for _, city, *_ in _CN_PLACES], [city for city, *_ in _US_PLACES], place, place_number)
    heads = pick([head for *_, head in _CN_PLACES], [head for *_, head in _US_PLACES], place, place_number)
    return Addresses(
        line=pc.if_else(chosen, hanzi, western),
        city=cities,
        region=pick([region for region, *_ in _CN_PLACES], [state for _, state, _ in _US_PLACES], place, place_number),
        postcode=pc.binary_join_element_wise(heads, tails, ""),
        latin_line=pc.ascii_upper(western),
        latin_city=pc.ascii_upper(
            pick([latin for _, _, latin, *_ in _CN_PLACES], [city for city, *_ in _US_PLACES], place, place_number)
        ),
        state=pick([state for *_, state, _ in _CN_PLACES], [state for _, state, _ in _US_PLACES], place, place_number),
        is_chinese=is_chinese,
    )
