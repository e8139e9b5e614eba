"""The types of the database.

Made by `crestfall gen types --lang python`: changes are lost when it is made again.
"""

from typing import Any, Literal, NotRequired, TypeAlias, TypedDict

Genre: TypeAlias = Literal["drama", "comedy", "science-fiction"]
"""What kind of film it is"""

OddMood: TypeAlias = Literal[
    "🎉",
    "🎊",
    "½",
    "m²",
    "two\nlines",
    "日本",
    "`",
    "*/",
    "fn",
    "None",
    "a\tb",
    'it\'s "both"',
    "Ⅷ",
]
"""- one
- two

# Heading  and   turned "quoted"
"""

OddMood_2: TypeAlias = Literal["", "self", "Self", "self ", "1st", 'say "hi"', "ok"]

HiddenShade: TypeAlias = Literal["light", "dark"]


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
        # Of the first showing; see [the rules] for <festivals>
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
        # A word of many languages
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
        # Of the first showing; see [the rules] for <festivals>
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
        # A word of many languages
        "type": NotRequired[str | None],
    },
)
"""A new row of `films`."""


FilmsUpdate = TypedDict(
    "FilmsUpdate",
    {
        "title": NotRequired[str],
        # Of the first showing; see [the rules] for <festivals>
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
        # A word of many languages
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
        "a_b": OddMood_2 | None,
        "type": str | None,
    },
)


class OddOption(TypedDict):
    string: str | None
    vec: list[int] | None
    none: OddMood | None


class OddString(TypedDict):
    option: "OddOption | None"


OddFilms = TypedDict(
    "OddFilms",
    {
        "Id": int | None,
        "film_id": int | None,
    },
)


OddFilmsInsert_2 = TypedDict(
    "OddFilmsInsert_2",
    {
        "Id": NotRequired[int | None],
        "film_id": NotRequired[int | None],
    },
)
"""A new row of `Films`."""


OddFilmsUpdate = TypedDict(
    "OddFilmsUpdate",
    {
        "Id": NotRequired[int | None],
        "film_id": NotRequired[int | None],
    },
)
"""New values of some columns of `Films`."""


class OddAToB(TypedDict):
    a: str
    b: int


class OddAToBInsert(TypedDict):
    """A new row of `a_to_b`."""

    a: str
    b: int


class OddAToBUpdate(TypedDict):
    """New values of some columns of `a_to_b`."""

    a: NotRequired[str]
    b: NotRequired[int]


class OddBToA(TypedDict):
    a: str
    b: int


class OddBToAInsert(TypedDict):
    """A new row of `b_to_a`."""

    a: str
    b: int


class OddBToAUpdate(TypedDict):
    """New values of some columns of `b_to_a`."""

    a: NotRequired[str]
    b: NotRequired[int]


class OddEmpty(TypedDict):
    pass


class OddEmptyInsert(TypedDict):
    """A new row of `empty`."""


class OddEmptyUpdate(TypedDict):
    """New values of some columns of `empty`."""


class OddEnums(TypedDict):
    fn: int
    mood: OddMood_2
    moods: list[OddMood_2]


class OddEnumsInsert(TypedDict):
    """A new row of `enums`."""

    fn: NotRequired[int]
    mood: NotRequired[OddMood_2]
    moods: NotRequired[list[OddMood_2]]


class OddEnumsUpdate(TypedDict):
    """New values of some columns of `enums`."""

    fn: NotRequired[int]
    mood: NotRequired[OddMood_2]
    moods: NotRequired[list[OddMood_2]]


class OddFilms_2(TypedDict):
    id: int | None
    title: str


class OddFilmsInsert_3(TypedDict):
    """A new row of `films`."""

    id: NotRequired[int | None]
    title: str


class OddFilmsUpdate_2(TypedDict):
    """New values of some columns of `films`."""

    id: NotRequired[int | None]
    title: NotRequired[str]


class OddFilmsInsert(TypedDict):
    id: int


class OddFilmsInsertInsert(TypedDict):
    """A new row of `films_insert`."""

    id: int


class OddFilmsInsertUpdate(TypedDict):
    """New values of some columns of `films_insert`."""

    id: NotRequired[int]


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


OddKept = TypedDict(
    "OddKept",
    {
        "self": int,
        "Self": int,
        "mood": OddMood_2,
    },
)


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
        'it\'s "quoted"': str | None,
        "mood": OddMood_2,
        "moods": list[OddMood_2],
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
        'it\'s "quoted"': NotRequired[str | None],
        "mood": NotRequired[OddMood_2],
        "moods": NotRequired[list[OddMood_2]],
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
        'it\'s "quoted"': NotRequired[str | None],
        "mood": NotRequired[OddMood_2],
        "moods": NotRequired[list[OddMood_2]],
        "odd_type": NotRequired["OddOddType | None"],
        "odd_types": NotRequired["list[OddOddType] | None"],
        "genre": NotRequired[Genre | None],
        "ids": NotRequired[list[str] | None],
        "parent": NotRequired[int | None],
        "film": NotRequired[int | None],
    },
)
"""New values of some columns of `type`."""


Odd日本 = TypedDict(
    "Odd日本",
    {
        "名前": str,
        "हिन्दी": int | None,
        "m²": float,
        "ﬁ": str | None,
        "İ": bool | None,
        "-": int | None,
        "a,b": int | None,
        "a`b": str,
        "🎉": OddMood,
        "int": int | None,
        # - first
        # - second
        #    indented "end"
        "list": list[int] | None,
        # Ends with a backslash \
        "str": str | None,
        "mood": OddMood_2 | None,
        "colours": "list[HiddenColour]",
        "colour": "HiddenColour | None",
        "stars": int,
        "row_of_hidden": Any | None,
        "row_of_type": "OddEmpty | None",
        "option": "OddOption | None",
        "string": "OddString | None",
        "oid": str | None,
        "xid": str | None,
        "span": str | None,
        "spans": str | None,
        "address": str | None,
        "bits": str | None,
        "bytes": str | None,
        "since": str | None,
        "at": str | None,
        "price": str | None,
        "words": str | None,
        "path": str | None,
        "matrix": list[list[int]] | None,
        "place": str | None,
        "letter": str | None,
        "fixed": str | None,
        "double_id": int,
        "parent": str | None,
        "other_parent": str | None,
    },
)


Odd日本Insert = TypedDict(
    "Odd日本Insert",
    {
        "名前": str,
        "हिन्दी": NotRequired[int | None],
        "m²": NotRequired[float],
        "ﬁ": NotRequired[str | None],
        "İ": NotRequired[bool | None],
        "-": NotRequired[int | None],
        "a,b": NotRequired[int | None],
        "a`b": NotRequired[str],
        "🎉": NotRequired[OddMood],
        "int": NotRequired[int | None],
        # - first
        # - second
        #    indented "end"
        "list": NotRequired[list[int] | None],
        # Ends with a backslash \
        "str": NotRequired[str | None],
        "mood": NotRequired[OddMood_2 | None],
        "colours": NotRequired["list[HiddenColour]"],
        "colour": NotRequired["HiddenColour | None"],
        "stars": NotRequired[int],
        "row_of_hidden": NotRequired[Any | None],
        "row_of_type": NotRequired["OddEmpty | None"],
        "option": NotRequired["OddOption | None"],
        "string": NotRequired["OddString | None"],
        "oid": NotRequired[str | None],
        "xid": NotRequired[str | None],
        "span": NotRequired[str | None],
        "spans": NotRequired[str | None],
        "address": NotRequired[str | None],
        "bits": NotRequired[str | None],
        "bytes": NotRequired[str | None],
        "since": NotRequired[str | None],
        "at": NotRequired[str | None],
        "price": NotRequired[str | None],
        "words": NotRequired[str | None],
        "path": NotRequired[str | None],
        "matrix": NotRequired[list[list[int]] | None],
        "place": NotRequired[str | None],
        "letter": NotRequired[str | None],
        "fixed": NotRequired[str | None],
        "parent": NotRequired[str | None],
        "other_parent": NotRequired[str | None],
    },
)
"""A new row of `日本`."""


Odd日本Update = TypedDict(
    "Odd日本Update",
    {
        "名前": NotRequired[str],
        "हिन्दी": NotRequired[int | None],
        "m²": NotRequired[float],
        "ﬁ": NotRequired[str | None],
        "İ": NotRequired[bool | None],
        "-": NotRequired[int | None],
        "a,b": NotRequired[int | None],
        "a`b": NotRequired[str],
        "🎉": NotRequired[OddMood],
        "int": NotRequired[int | None],
        # - first
        # - second
        #    indented "end"
        "list": NotRequired[list[int] | None],
        # Ends with a backslash \
        "str": NotRequired[str | None],
        "mood": NotRequired[OddMood_2 | None],
        "colours": NotRequired["list[HiddenColour]"],
        "colour": NotRequired["HiddenColour | None"],
        "stars": NotRequired[int],
        "row_of_hidden": NotRequired[Any | None],
        "row_of_type": NotRequired["OddEmpty | None"],
        "option": NotRequired["OddOption | None"],
        "string": NotRequired["OddString | None"],
        "oid": NotRequired[str | None],
        "xid": NotRequired[str | None],
        "span": NotRequired[str | None],
        "spans": NotRequired[str | None],
        "address": NotRequired[str | None],
        "bits": NotRequired[str | None],
        "bytes": NotRequired[str | None],
        "since": NotRequired[str | None],
        "at": NotRequired[str | None],
        "price": NotRequired[str | None],
        "words": NotRequired[str | None],
        "path": NotRequired[str | None],
        "matrix": NotRequired[list[list[int]] | None],
        "place": NotRequired[str | None],
        "letter": NotRequired[str | None],
        "fixed": NotRequired[str | None],
        "parent": NotRequired[str | None],
        "other_parent": NotRequired[str | None],
    },
)
"""New values of some columns of `日本`."""


class OddColoursArgs(TypedDict):
    """Arguments of `colours`."""


class OddHiddenRowArgs(TypedDict):
    """Arguments of `hidden_row`."""


class OddManyArgs(TypedDict):
    """Arguments of `many`."""

    a: int
    b: NotRequired[int]
    c: NotRequired[list[str]]
    d: NotRequired[list[OddMood_2]]


OddManyRow = TypedDict(
    "OddManyRow",
    {
        "first one": int | None,
        "second": OddMood_2 | None,
    },
)
"""A row of what `many` returns."""


OddMoodsArgs = TypedDict(
    "OddMoodsArgs",
    {
        "list": list[OddMood_2],
    },
)
"""Arguments of `moods`."""


class OddNewArgs(TypedDict):
    """Arguments of `new`."""

    self: int
    type: NotRequired[OddMood_2]


class OddOfFilmsArgs(TypedDict):
    """Arguments of `of_films`."""

    id: int


class OddOptionArgs(TypedDict):
    """Arguments of `option`."""

    option: "OddOption"
    string: NotRequired["OddString"]


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


class OddRowsArgs(TypedDict):
    """Arguments of `rows`."""


OddRowsRow = TypedDict(
    "OddRowsRow",
    {
        "a": int | None,
        "B": OddMood | None,
    },
)
"""A row of what `rows` returns."""


class OddVecArgs(TypedDict):
    """Arguments of `vec`."""

    any_value: Any


class OddVoidArgs(TypedDict):
    """Arguments of `void`."""


class HiddenColour(TypedDict):
    name: str | None
    shade: HiddenShade | None
