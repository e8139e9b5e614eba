"""The types of the database.

Made by `crestfall gen types --lang python`: changes are lost when it is made again.
"""

from typing import Any, Literal, NotRequired, TypeAlias, TypedDict


Genre: TypeAlias = Literal["drama", "comedy", "science-fiction"]
"""What kind of film it is"""

OddMood: TypeAlias = Literal["", "self", "Self", "self ", "1st", "say \"hi\"", "ok"]


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
        "id": int,
        "title": str,
        "odd name": str,
    },
)


FilmTitlesInsert = TypedDict(
    "FilmTitlesInsert",
    {
        "id": NotRequired[int],
        "title": NotRequired[str],
        "odd name": NotRequired[str],
    },
)
"""A new row of `film_titles`."""


FilmTitlesUpdate = TypedDict(
    "FilmTitlesUpdate",
    {
        "id": NotRequired[int],
        "title": NotRequired[str],
        "odd name": NotRequired[str],
    },
)
"""New values of some columns of `film_titles`."""


Films = TypedDict(
    "Films",
    {
        "id": int,
        "title": str,
        "year": int,
        "director_id": int,
        "genre": Genre,
        "score": float | None,
        "budget": "MoneyAmount | None",
        "facts": Any,
        "tags": list[str],
        "released": str,
        "code": str,
        "sequel_of": int | None,
        "length": int | None,
        "slug": str | None,
        "odd name": str | None,
        "type": str | None,
    },
)
"""Films

Of all times.
"""


FilmsInsert = TypedDict(
    "FilmsInsert",
    {
        "title": str,
        "year": int,
        "director_id": int,
        "genre": NotRequired[Genre],
        "score": NotRequired[float | None],
        "budget": NotRequired["MoneyAmount | None"],
        "facts": NotRequired[Any],
        "tags": NotRequired[list[str]],
        "released": NotRequired[str],
        "code": NotRequired[str],
        "sequel_of": NotRequired[int | None],
        "length": NotRequired[int | None],
        "odd name": NotRequired[str | None],
        "type": NotRequired[str | None],
    },
)
"""A new row of `films`."""


FilmsUpdate = TypedDict(
    "FilmsUpdate",
    {
        "title": NotRequired[str],
        "year": NotRequired[int],
        "director_id": NotRequired[int],
        "genre": NotRequired[Genre],
        "score": NotRequired[float | None],
        "budget": NotRequired["MoneyAmount | None"],
        "facts": NotRequired[Any],
        "tags": NotRequired[list[str]],
        "released": NotRequired[str],
        "code": NotRequired[str],
        "sequel_of": NotRequired[int | None],
        "length": NotRequired[int | None],
        "odd name": NotRequired[str | None],
        "type": NotRequired[str | None],
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
        "": Any,
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


OddOddType = TypedDict(
    "OddOddType",
    {
        "a b": int | None,
        "a_b": OddMood | None,
        "type": str | None,
    },
)


class OddEmpty(TypedDict):
    pass


class OddEmptyInsert(TypedDict):
    """A new row of `empty`."""


class OddEmptyUpdate(TypedDict):
    """New values of some columns of `empty`."""


class OddEnums(TypedDict):
    fn: int
    mood: OddMood
    moods: list[OddMood]


class OddEnumsInsert(TypedDict):
    """A new row of `enums`."""

    fn: NotRequired[int]
    mood: NotRequired[OddMood]
    moods: NotRequired[list[OddMood]]


class OddEnumsUpdate(TypedDict):
    """New values of some columns of `enums`."""

    fn: NotRequired[int]
    mood: NotRequired[OddMood]
    moods: NotRequired[list[OddMood]]


class OddFunctions(TypedDict):
    id: int
    type: int


class OddFunctionsInsert(TypedDict):
    """A new row of `functions`."""

    id: int
    type: int


class OddFunctionsUpdate(TypedDict):
    """New values of some columns of `functions`."""

    id: NotRequired[int]
    type: NotRequired[int]


OddType = TypedDict(
    "OddType",
    {
        "self": int,
        "Self": int,
        "TABLE": str,
        "Table": str | None,
        "value": int | None,
        "new": str,
        "1st": bool | None,
        "a b": int | None,
        "a_b": int | None,
        "a-b": int | None,
        "!": str | None,
        "größe": float | None,
        "it's \"quoted\"": str | None,
        "mood": OddMood,
        "moods": list[OddMood],
        "odd_type": "OddOddType | None",
        "odd_types": "list[OddOddType] | None",
        "genre": Genre | None,
        "ids": list[str] | None,
        "parent": int | None,
        "film": int | None,
    },
)
"""A table
```
let not = rust;
```
*/ ''' `x` \\
"""


OddTypeInsert = TypedDict(
    "OddTypeInsert",
    {
        "self": int,
        "Self": int,
        "TABLE": str,
        "Table": NotRequired[str | None],
        "value": NotRequired[int | None],
        "new": str,
        "1st": NotRequired[bool | None],
        "a b": NotRequired[int | None],
        "a_b": NotRequired[int | None],
        "a-b": NotRequired[int | None],
        "!": NotRequired[str | None],
        "größe": NotRequired[float | None],
        "it's \"quoted\"": NotRequired[str | None],
        "mood": NotRequired[OddMood],
        "moods": NotRequired[list[OddMood]],
        "odd_type": NotRequired["OddOddType | None"],
        "odd_types": NotRequired["list[OddOddType] | None"],
        "genre": NotRequired[Genre | None],
        "ids": NotRequired[list[str] | None],
        "parent": NotRequired[int | None],
        "film": NotRequired[int | None],
    },
)
"""A new row of `type`."""


OddTypeUpdate = TypedDict(
    "OddTypeUpdate",
    {
        "self": NotRequired[int],
        "Self": NotRequired[int],
        "TABLE": NotRequired[str],
        "Table": NotRequired[str | None],
        "value": NotRequired[int | None],
        "new": NotRequired[str],
        "1st": NotRequired[bool | None],
        "a b": NotRequired[int | None],
        "a_b": NotRequired[int | None],
        "a-b": NotRequired[int | None],
        "!": NotRequired[str | None],
        "größe": NotRequired[float | None],
        "it's \"quoted\"": NotRequired[str | None],
        "mood": NotRequired[OddMood],
        "moods": NotRequired[list[OddMood]],
        "odd_type": NotRequired["OddOddType | None"],
        "odd_types": NotRequired["list[OddOddType] | None"],
        "genre": NotRequired[Genre | None],
        "ids": NotRequired[list[str] | None],
        "parent": NotRequired[int | None],
        "film": NotRequired[int | None],
    },
)
"""New values of some columns of `type`."""


class OddMoodsArgs(TypedDict):
    """Arguments of `moods`."""

    list: NotRequired[list[OddMood]]


class OddNewArgs(TypedDict):
    """Arguments of `new`."""

    self: int
    type: NotRequired[OddMood]


class OddOutArgs(TypedDict):
    """Arguments of `out`."""

    a: int


OddOutRow = TypedDict(
    "OddOutRow",
    {
        "b": int | None,
        "c d": str | None,
    },
)
"""A row of what `out` returns."""


class OddVoidArgs(TypedDict):
    """Arguments of `void`."""
