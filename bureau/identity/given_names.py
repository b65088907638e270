"""Which first names are names of their own: Maria and Mario are two, John and Jhon are one and a misspelling.

Two twins who share surname, birth date and home differ in the first name alone, which may be much like the other's.
A name that a list knows was hardly meant to be another one, so two of them that neither sound alike nor stand for each
other are told apart. What no list knows may be a misspelling of anything, and is compared by its letters.
"""

from __future__ import annotations

import functools
import re
from typing import Final

__all__ = ["known_sound", "simplified"]

_MORE: Final = """
ada adam adela adele adrian adriana adriano agata agnes ahmad ahmed aisha alain alan alana albert alberta alberto
alejandra alejandro aleksander aleksandra alena alessandra alessandro alex alexa alexander alexandra alexandre alexia
alexis alfonso alfred alfreda alfredo ali alia alice alicia alina alisa allan allen alma alvaro amal amalia amanda
amina amir amira amit ana anand anastasia anders andre andrea andreas andrei andres andreu andrew aneta angel angela
angelica angelina angelo angus anil anita anja anke ann anna annika anton antonia antonina antonio anya ariana arianna
armand armando arne arnold arthur arturo arun asha ashok astrid augusta augusto aurelia aurelio barbara beata beate
beatrice beatrix beatriz bela benedetta benedetto benedict benita benito benjamin bernard bernarda bernardo bernd
berta bertha bianca birgit birgitta bjorn bogdan boris bruna bruno camila camilla camille camilo carina carl carla
carlo carlos carlotta carmela carmelo carmen carol carola carolina caroline catalina caterina cecilia cecilio celia
chiara christian christiana christiane christina christine claire clara claudia claudine claudio clemens clement
conrad consuelo cornelia cornelius cristian cristiana cristiano cristina cristobal dagmar daisy dalia damian damien
dana daniel daniela daniele danielle danilo daria dario david davide davina deepa deepak denis denise diana diane
diego dieter dina dino dmitri dolores domenico dominic dominica dominik dominika dora doris dorota dorothea dorothy
edda edgar edita edith eduard eduarda eduardo edward edwin elena eleni eleonora elia elias elif elijah elina elisa
elisabeth elise eliza elizabeth ella ellen elliot elliott elsa elvira emil emile emilia emiliano emilie emilio emily
emma emmanuel enrica enrico enrique eric erica erich erik erika erin ernest ernesta ernesto ernst esteban estela ester
esther eugen eugene eugenia eugenio eva evan evelina evelyn fabian fabiana fabiano fabio fabiola fatima federica
federico felicia felicita felipe felix ferdinand fernanda fernando filip filipe filippa filippo fiona flavia flavio
flora florence florian floriane franca frances francesca francesco francis francisca francisco franco frank franz
franziska fred freda frederic frederica frederick frederik freya frida friedrich fritz gabriel gabriela gabriele
gabriella gabrielle gerald geraldine gerard gerarda gerardo gerd gerda gerhard gianna gianni gilda gina gino giorgia
giorgio giovanna giovanni gisela giulia giuliana giuliano giulio giuseppe giuseppina gloria gonzalo grace graciela
grazia greta guido guillermo gunter gustav gustavo hana hanna hannah hannes hans harald harold hasan hassan heidi
heike heinrich heinz helen helena helene helga helmut henri henriette henrik henry herbert hermann hilda hilde holger
horst hugo ian ibrahim ida igor ilaria ilona ilya ines inga inge ingo ingrid irena irene irina irma isaac isabel
isabella isabelle ismael ivan ivana ivo ivona jacob jacqueline jacques jakob jakub james jan jana jane janet janina
janine janis jaroslav jaroslava jasmin jason javier jean jeanne jeannine jerzy jessica jesus joachim joan joana joanna
joao joaquin joel joelle johan johanna johannes john jolanda jonas jonathan jordan jorge jose josef josefa josefina
joseph josephine joshua josip juan juana judith julia julian juliana juliane juliano julie julien juliet juliette
julio julius jurgen justin justina justine justyna kai kamal kamil kamila karel karen karim karin karina karl karla
karolina katarina katarzyna katharina katherine kathrin katja katrin kenneth kerstin khaled khalid klara klaus konrad
krishna kristian kristina kristine krystyna kurt lakshmi lara larissa lars laura laure laurel lauren laurence laurent
laurie lea leah leandro leila lena leo leon leona leonard leonarda leonardo leonie leonor leopold leticia liam lidia
lilia lilian liliana lily lina linda lino lisa livia livio lola lorena lorenz lorenza lorenzo louis louisa louise luca
lucas lucia luciana luciano lucie lucien lucinda lucio lucy ludovic ludovica ludwig luigi luigia luis luisa luka lukas
lydia madeleine magda magdalena magnus mahmoud maja malik manfred manon manuel manuela mara marc marcel marcela
marcella marcello marcelo marcia marcin marco marcos marcus mareike margareta margarita margherita margot maria mariam
marian mariana marianne mariano marie marija marina marino mario marion marisa marisol marissa marit marius mark marko
markus marlene marta martha marthe martin martina martine martino mary mateo mateusz mathias mathilda mathilde mathis
matilda matteo matthew matthias maura maurice mauricio maurizio mauro max maxim maxime maximilian maya mehmet melanie
melina melissa mia micaela micah michael michaela michal michel michela michele michelle miguel mihai mikael mikhail
mila milan milena milos mina mira mirella miriam mirko mohamed mohammad mohammed moise monica monika monique moritz
mustafa nadia nadine nadja natalia natalie nathalie nathan nathaniel nicholas nicola nicolas nicole nicoletta nicolo
niels nikita nikola nikolai nikolaus nils nina nino noah noel noelle nora norbert norma octavia octavio olaf olga
olive oliver olivia olivier omar orlando oscar oskar otto pablo paloma paola paolo pascal pascale patrice patricia
patricio patrick patrik patrizia paul paula paulina pauline paulo pavel pavla pedro per perla peter petra phil philip
philipp philippa philippe pia pierre pietro pilar piotr priya rachel rafael rafaela rahul raimund raj rajesh ralf
ralph ramon ramona raoul raphael raphaelle raquel raul ravi raymond rebecca regina regine reinhard remy renata renate
renato rene renee ricarda ricardo riccardo richard rita robert roberta roberto robin robyn rocco rodrigo roger roland
rolanda rolando rolf roman romana romeo romina ronald rosa rosalia rosana rosanna rosario rose rosemarie rosemary
rosie roxana ruben rudolf rudolph rupert ruth sabina sabine sabrina salma salman salvador salvatore sami samir samira
samuel samuela sandra sandrine sandro sanjay santiago sara sarah sascha saul sebastian sebastiana sebastien selena
selina selma serena serge sergei sergio severin severine shirin sibylle silke silvana silvano silvester silvia silvio
simon simona simone sofia sofie sonia sonja sophia sophie stanislav stanislava stefan stefania stefanie stefano
stephan stephane stephanie stephen steven sunil sunita susana susanna susanne suzanne sven svenja sylvain sylvester
sylvia sylvie tamara tania tanja tatiana teodor teodora teresa theo theodor theodora theodore theresa therese thomas
tim timo timothy tina tobias tom tomas tomasz toni tonia tristan ulrich ulrika ulrike umberto ursula uwe valentin
valentina valentine valentino valeria valerie valerio vanessa vera verena vernon verona veronica veronika veronique
victor victoria viktor viktoria vincent vincenza vincenzo viola violet violetta virginia virginie vitalia vito
vittoria vittorio vivian viviana vladimir vladislav walter wanda werner wilfried wilhelm wilhelmina willem william
wolfgang xavier yahya yasmin yolanda yousef youssef yusuf yves yvette yvonne zara zoe zofia zuzana
"""
"""Frequent first names of Europe, the Americas, the Near East and India, beside those of the list of short forms."""

_SPELT: Final = """
ann anne | joan joann joanne | leann leanne | dian diane dianne | susan susann susanne suzann suzanne | carol carole
brook brooke | elain elaine | alan allan allen alain | geoffrey jeffrey jeffery | jeff geoff | gerald jerald
gerry jerry | gillian jillian | mohamed mohammad mohammed muhammad muhammed mohamad | ahmad ahmed | hasan hassan
yousef youssef yusuf | michael micheal mikael mikhail | catherine cathryn katherine kathryn kathrin katrin katharine
sean shaun shawn | ian iain | lauren loren | laurence lawrence | elisa eliza | elizabeth elisabeth | aaron aron
deborah debra | neil neal | bernard bernhard | reynold reinhold | theresa teresa therese | jordan jorden
madeline madeleine madelyn | megan meagan | meghan | rebecca rebekah | vivian vivien vivienne | frances francis
marian marion | jean jeanne | lilian lillian | matthew mathew | mathias matthias | isabel isabelle isobel
adele adela | khaled khalid | rene renee | robin robyn
"""
"""Ways to spell one name that :func:`_sound` does not make the same; a line or a bar parts them."""

_RULES: Final = tuple(
    (re.compile(pattern), into)
    for pattern, into in (
        (r"(?:sch|sh)", "s"),
        (r"(?:ph|v)", "f"),
        (r"(?:ch|ck|qu|q)", "k"),
        (r"c(?=[eiy])", "s"),
        (r"c", "k"),
        (r"x", "ks"),
        (r"z", "s"),
        (r"(?<=.)h", ""),
        (r"(?:ie|ey|ee|y)$", "i"),
        (r"y", "i"),
        # Doubled letters are one, but for those by which Daniel and Danielle are two.
        (r"([a-km-z])\1", r"\1"),
        (r"ll(?!e$)", "l"),
    )
)


@functools.cache
def _known() -> frozenset[str]:
    from nicknames import name_triplets

    # Short forms are many and odd: Brina is more often a Brian misspelt than somebody of her own.
    told = ("".join(filter(str.isalpha, each.name1)) for each in name_triplets())
    return frozenset((*told, *_MORE.split()))


@functools.cache
def _spelt() -> dict[str, str]:
    groups = (group.split() for line in _SPELT.strip().splitlines() for group in line.split("|"))
    return {name: group[0] for group in groups for name in group}


@functools.lru_cache(maxsize=10_000)
def _sound(name: str) -> str:
    name = _spelt().get(name, name)
    for pattern, into in _RULES:
        name = pattern.sub(into, name)
    return name


def known_sound(given: str | None) -> str | None:
    """How a first name sounds that is a name of its own; None for one that no list knows.

    Parameters
    ----------
    given : str or None
        Letters of a first name (:func:`bureau.identity.names.standard_name`).

    Examples
    --------
    >>> known_sound("maria") == known_sound("mario"), known_sound("erik") == known_sound("eric"), known_sound("jhon")
    (False, True, None)
    """
    return _sound(given) if given is not None and given in _known() else None


_TRADITIONAL: Final = (
    "東愛傑華國強偉麗藍蘭蓮鳳龍雲飛馬駿驥騰陽陳張劉黃楊趙吳鄭馮鄧蔣蕭葉蘇盧韓譚鄒陸賴龔錢湯賀嚴溫蘆畢關曉聰穎慶軍輝寶貝賢義勝進達遠運連銀"
    "鋒銳鋼鐵鈺銘錦鎮鍾鐘錄鈞鐸鏡鑒瑋瑤瓊環現瓏璽琺莊榮樹楓樺橋棟極樂標機權歡歲濤澤淚漢滬潔潤澀濟瀟瀾灣燦煒煥熾燁爾獻獎瑩畫異當盡監礎禮禎"
    "禕禪穀積穩競筆節範簡籃紅純紋級紹組結給絲統絹綠維綱網綺緒線緣編緯練縱縷績繪繼續纖羅聖聞聯聲職肅膽臨與興舉艷藝蘊處號虛蝦見規視親覺觀計"
    "訊記許訓訪詩誠話詠詢詳語說諾誼調談請論謀謙謝證識議譯護讀讓豐貞負財貢責貫費貴資賓賜質賞賽贊趕跡躍車軒軟載輕輪辭農邁還邊遙遲選遺鄉鄰釋"
    "鈴鋪鏈長門開閏閑間閣閩閱闊隊階隨險隱隸雋雙雜難靈靜韋韻響頂項順須預領頤頻題顏願類顧顯風飄飯餘駐騎驕驗鮮鯉鳥鳴鴻鵬鶴鶯麥黨齊齡龐龜"
)
_SIMPLIFIED: Final = (
    "东爱杰华国强伟丽蓝兰莲凤龙云飞马骏骥腾阳陈张刘黄杨赵吴郑冯邓蒋萧叶苏卢韩谭邹陆赖龚钱汤贺严温芦毕关晓聪颖庆军辉宝贝贤义胜进达远运连银"
    "锋锐钢铁钰铭锦镇钟钟录钧铎镜鉴玮瑶琼环现珑玺珐庄荣树枫桦桥栋极乐标机权欢岁涛泽泪汉沪洁润涩济潇澜湾灿炜焕炽烨尔献奖莹画异当尽监础礼祯"
    "祎禅谷积稳竞笔节范简篮红纯纹级绍组结给丝统绢绿维纲网绮绪线缘编纬练纵缕绩绘继续纤罗圣闻联声职肃胆临与兴举艳艺蕴处号虚虾见规视亲觉观计"
    "讯记许训访诗诚话咏询详语说诺谊调谈请论谋谦谢证识议译护读让丰贞负财贡责贯费贵资宾赐质赏赛赞赶迹跃车轩软载轻轮辞农迈还边遥迟选遗乡邻释"
    "铃铺链长门开闰闲间阁闽阅阔队阶随险隐隶隽双杂难灵静韦韵响顶项顺须预领颐频题颜愿类顾显风飘饭余驻骑骄验鲜鲤鸟鸣鸿鹏鹤莺麦党齐龄庞龟"
)
"""Characters of names in both ways of writing (the General List of Simplified Chinese Characters of 1986)."""

_TO_SIMPLIFIED: Final = str.maketrans(_TRADITIONAL, _SIMPLIFIED)


def simplified(hanzi: str) -> str:
    """A name in hanzi as it is written simplified, as far as its characters are those of many names.

    Examples
    --------
    >>> simplified("曉東"), simplified("晓东"), simplified("小東")
    ('晓东', '晓东', '小东')
    """
    return hanzi.translate(_TO_SIMPLIFIED)
