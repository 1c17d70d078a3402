"""Reports of which it is known what they tell of: places with problems, each told by several people in their own words.

Seeded: the same set each time. A problem is reported one to four times, each time some 5 to 40 m off, as telephones
are; every other problem has a neighbour of its own category 60 to 400 m away, and some share their place with a problem
of another category.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import cos, pi, radians, sin
from random import Random

CENTRE = (46.9591, 142.738)
SPREAD = 1200
"""Metres to each side."""
METRES_A_DEGREE = 111_195

WORDINGS: dict[str, tuple[str, ...]] = {
    "pothole": (
        "Глубокая яма на дороге",
        "Разбит асфальт, машины объезжают по встречной",
        "На проезжей части провал, пробил колесо",
        "Выбоина посреди полосы, после дождя её не видно",
        "Огромная дыра в асфальте",
        "Ямы такие, что не проехать",
        "дорога вся в выбоинах, яму никто не заделывает",
        "Просел асфальт над люком, образовалась яма",
        "Когда заделают яму? Колёса оставляем здесь",
        "Дорожное покрытие разрушено",
    ),
    "lighting": (
        "Не горит фонарь",
        "Третий вечер нет света на улице",
        "Фонари не работают, идти страшно",
        "Темно, уличное освещение отключено",
        "Погас светильник на столбе",
        "Лампа мигает и гаснет",
        "освещения нет совсем, ходим с фонариками",
        "Столб стоит, а фонарь не светит",
        "Включите свет, дети ходят в темноте",
        "Перегорела лампа уличного фонаря",
    ),
    "litter": (
        "Переполнены контейнеры, мусор разносит ветром",
        "Свалка возле дома",
        "Не вывозят мусор вторую неделю",
        "Кто-то выбросил строительный мусор",
        "Контейнерная площадка завалена пакетами",
        "Горы мусора, крысы бегают",
        "мусорные баки полные, пакеты лежат рядом",
        "Вывезите хлам: старая мебель и доски",
        "Запах от помойки невыносимый, баки не опорожняют",
        "Несанкционированная свалка в овраге",
    ),
}
WHERE = (
    "у остановки",
    "возле школы",
    "рядом с аптекой",
    "во дворе",
    "на перекрёстке",
    "у детского сада",
    "за гаражами",
)
TAILS = ("", "Примите меры!", "Пишу второй раз.", "Жители недовольны.", "Фото приложил.", "Сколько можно ждать?")


@dataclass(frozen=True, kw_only=True)
class Told:
    """One report: ``problem`` is what it tells of."""

    problem: int
    category: str
    lat: float
    lon: float
    text: str


@dataclass(frozen=True, kw_only=True)
class Set:
    """``known`` are there already; ``asked`` about is one more of each problem, not sent yet."""

    known: list[Told]
    asked: list[Told]


def synthetic(places: int, *, seed: int = 20261123) -> Set:
    """Return the reports of about twice as many problems as there are ``places``."""
    chance = Random(seed)  # noqa: S311 - the same set each time
    known, asked = [], []
    for problem, (category, lat, lon) in enumerate(_problems(places, chance)):
        where = chance.choice(WHERE)
        told = [_told(problem, category, lat, lon, where, chance) for _ in range(chance.randint(1, 4))]
        known += told[:-1]
        asked.append(told[-1])
    return Set(known=known, asked=asked)


def _problems(places: int, chance: Random) -> Iterator[tuple[str, float, float]]:
    for _ in range(places):
        category = chance.choice([*WORDINGS])
        lat, lon = _moved(*CENTRE, chance.uniform(0, SPREAD), chance)
        yield category, lat, lon
        if chance.random() < 0.5:
            yield category, *_moved(lat, lon, chance.uniform(60, 400), chance)
        if chance.random() < 0.4:
            yield chance.choice([other for other in WORDINGS if other != category]), lat, lon


def _told(problem: int, category: str, lat: float, lon: float, where: str, chance: Random) -> Told:
    # Half of the people say where it is, each in the middle of words of their own.
    words = [chance.choice(WORDINGS[category]), where if chance.random() < 0.5 else "", chance.choice(TAILS)]
    lat, lon = _moved(lat, lon, chance.uniform(5, 40), chance)
    return Told(problem=problem, category=category, lat=lat, lon=lon, text=" ".join(filter(None, words)))


def _moved(lat: float, lon: float, metres: float, chance: Random) -> tuple[float, float]:
    turn = chance.uniform(0, 2 * pi)
    north, east = metres * cos(turn) / METRES_A_DEGREE, metres * sin(turn) / METRES_A_DEGREE
    return lat + north, lon + east / cos(radians(lat))
