"""The types of the database.

Made by `crestfall gen types --lang python`: changes are lost when it is made again.
"""

from typing import Any, Literal, NotRequired, TypeAlias, TypedDict


Genre: TypeAlias = Literal["drama", "comedy", "science-fiction"]
"""What kind of film it is"""


class MoneyAmount(TypedDict):
    """An amount and its currency"""

    amount: float | None
    currency: str | None


class Actors(TypedDict):
    id: int
    name: str


class ActorsInsert(TypedDict):
    """A new row of `actors`."""

    id: NotRequired[int]
    name: str


class ActorsUpdate(TypedDict):
    """New values of some columns of `actors`."""

    id: NotRequired[int]
    name: NotRequired[str]


class Cities(TypedDict):
    id: int
    name: str


class CitiesInsert(TypedDict):
    """A new row of `cities`."""

    id: int
    name: str


class CitiesUpdate(TypedDict):
    """New values of some columns of `cities`."""

    id: NotRequired[int]
    name: NotRequired[str]


class Directors(TypedDict):
    """Who makes films"""

    id: int
    name: str
    """As credited"""
    born: str | None


class DirectorsInsert(TypedDict):
    """A new row of `directors`."""

    id: NotRequired[int]
    name: str
    """As credited"""
    born: NotRequired[str | None]


class DirectorsUpdate(TypedDict):
    """New values of some columns of `directors`."""

    id: NotRequired[int]
    name: NotRequired[str]
    """As credited"""
    born: NotRequired[str | None]


FilmTitles = TypedDict(
    "FilmTitles",
    {
        "id": "int",
        "title": "str",
        "odd name": "str",
    },
)


FilmTitlesInsert = TypedDict(
    "FilmTitlesInsert",
    {
        "id": "NotRequired[int]",
        "title": "NotRequired[str]",
        "odd name": "NotRequired[str]",
    },
)
"""A new row of `film_titles`."""


FilmTitlesUpdate = TypedDict(
    "FilmTitlesUpdate",
    {
        "id": "NotRequired[int]",
        "title": "NotRequired[str]",
        "odd name": "NotRequired[str]",
    },
)
"""New values of some columns of `film_titles`."""


Films = TypedDict(
    "Films",
    {
        "id": "int",
        "title": "str",
        "year": "int",
        "director_id": "int",
        "genre": "Genre",
        "score": "float | None",
        "budget": "\"MoneyAmount | None\"",
        "facts": "Any",
        "tags": "list[str]",
        "released": "str",
        "code": "str",
        "sequel_of": "int | None",
        "length": "int | None",
        "slug": "str | None",
        "odd name": "str | None",
        "type": "str | None",
    },
)
"""Films

Of all times.
"""


FilmsInsert = TypedDict(
    "FilmsInsert",
    {
        "title": "str",
        "year": "int",
        "director_id": "int",
        "genre": "NotRequired[Genre]",
        "score": "NotRequired[float | None]",
        "budget": "NotRequired[\"MoneyAmount | None\"]",
        "facts": "NotRequired[Any]",
        "tags": "NotRequired[list[str]]",
        "released": "NotRequired[str]",
        "code": "NotRequired[str]",
        "sequel_of": "NotRequired[int | None]",
        "length": "NotRequired[int | None]",
        "odd name": "NotRequired[str | None]",
        "type": "NotRequired[str | None]",
    },
)
"""A new row of `films`."""


FilmsUpdate = TypedDict(
    "FilmsUpdate",
    {
        "title": "NotRequired[str]",
        "year": "NotRequired[int]",
        "director_id": "NotRequired[int]",
        "genre": "NotRequired[Genre]",
        "score": "NotRequired[float | None]",
        "budget": "NotRequired[\"MoneyAmount | None\"]",
        "facts": "NotRequired[Any]",
        "tags": "NotRequired[list[str]]",
        "released": "NotRequired[str]",
        "code": "NotRequired[str]",
        "sequel_of": "NotRequired[int | None]",
        "length": "NotRequired[int | None]",
        "odd name": "NotRequired[str | None]",
        "type": "NotRequired[str | None]",
    },
)
"""New values of some columns of `films`."""


class Posters(TypedDict):
    film_id: int
    image: str


class PostersInsert(TypedDict):
    """A new row of `posters`."""

    film_id: int
    image: str


class PostersUpdate(TypedDict):
    """New values of some columns of `posters`."""

    film_id: NotRequired[int]
    image: NotRequired[str]


class Premieres(TypedDict):
    id: int
    film_id: int
    city_id: int
    planned_city_id: int | None


class PremieresInsert(TypedDict):
    """A new row of `premieres`."""

    id: int
    film_id: int
    city_id: int
    planned_city_id: NotRequired[int | None]


class PremieresUpdate(TypedDict):
    """New values of some columns of `premieres`."""

    id: NotRequired[int]
    film_id: NotRequired[int]
    city_id: NotRequired[int]
    planned_city_id: NotRequired[int | None]


class RecentFilms(TypedDict):
    """Films since 2000"""

    id: int
    title: str
    director: str
    image: str | None
    total: int | None
    minutes: int


class Reviews(TypedDict):
    id: int
    film_id: int
    stars: int
    text: str | None


class ReviewsInsert(TypedDict):
    """A new row of `reviews`."""

    film_id: int
    stars: int
    text: NotRequired[str | None]


class ReviewsUpdate(TypedDict):
    """New values of some columns of `reviews`."""

    film_id: NotRequired[int]
    stars: NotRequired[int]
    text: NotRequired[str | None]


class Roles(TypedDict):
    film_id: int
    actor_id: int
    character: str | None


class RolesInsert(TypedDict):
    """A new row of `roles`."""

    film_id: int
    actor_id: int
    character: NotRequired[str | None]


class RolesUpdate(TypedDict):
    """New values of some columns of `roles`."""

    film_id: NotRequired[int]
    actor_id: NotRequired[int]
    character: NotRequired[str | None]


class AddNumbersArgs(TypedDict):
    """The sum of two numbers"""

    a: int
    b: NotRequired[int]


class DescribeArgs(TypedDict):
    """Arguments of `describe`."""

    thing: int


class DescribeArgs_2(TypedDict):
    """Arguments of `describe`."""

    thing: str


EchoArgs = TypedDict(
    "EchoArgs",
    {
        "": "Any",
    },
)
"""Arguments of `echo`."""


class FilmsByYearArgs(TypedDict):
    """Arguments of `films_by_year`."""

    since: NotRequired[int]


class FilmsByYearRow(TypedDict):
    """A row of what `films_by_year` returns."""

    year: int | None
    films: int | None


class FilmsOfArgs(TypedDict):
    """Arguments of `films_of`."""

    director: int


class KindsArgs(TypedDict):
    """Arguments of `kinds`."""


class NewestFilmArgs(TypedDict):
    """Arguments of `newest_film`."""


class RenameFilmArgs(TypedDict):
    """Arguments of `rename_film`."""

    film: int
    title: str
