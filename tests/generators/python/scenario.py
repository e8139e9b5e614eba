"""The scenario with the client that openapi-python-client makes."""

import datetime
import sys

from client import AuthenticatedClient, Client
from client.api.directors import insert_directors
from client.api.films import delete_films, insert_films, list_films, update_films
from client.api.notes import insert_notes, list_notes
from client.api.pages import auth_health, auth_settings
from client.api.recent_films import list_recent_films
from client.api.rpc import call_add, call_fail, call_forget_notes, call_per_genre, read_films_of
from client.api.sign_in import auth_log_out, auth_sign_up, auth_token
from client.api.user import auth_get_user, auth_list_sessions, auth_update_user
from client.models import (
    AddArguments,
    AuthError,
    AuthPasswordGrant,
    AuthRefreshTokenGrant,
    AuthSession,
    AuthSignUp,
    AuthTokenGrantType,
    AuthUserUpdate,
    AuthUserUpdateData,
    DeleteFilmsPrefer,
    DirectorsInsert,
    FailArguments,
    FilmsInsert,
    FilmsUpdate,
    Genre,
    InsertDirectorsPrefer,
    InsertFilmsPrefer,
    InsertNotesPrefer,
    ListFilmsPrefer,
    NotesInsert,
    UpdateFilmsPrefer,
)

EMAIL, PASSWORD = "python@example.org", "correct horse battery"
url = sys.argv[1]
anonymous = Client(base_url=url)
steps = 0


def step(name, answer, status=200):
    """One request: its status, and what was parsed of it."""
    global steps
    steps += 1
    assert answer.status_code == status, f"step {steps}, {name}: {answer.status_code} {answer.content!r}"
    return answer.parsed


assert step("health", auth_health.sync_detailed(client=anonymous)).name == "Crestfall"
assert step("settings", auth_settings.sync_detailed(client=anonymous)).mailer_autoconfirm is True
account = AuthSignUp(email=EMAIL, password=PASSWORD)
made = step("sign up", auth_sign_up.sync_detailed(client=anonymous, body=account))
assert isinstance(made, AuthSession)
error = step("sign up again", auth_sign_up.sync_detailed(client=anonymous, body=account), 422)
assert isinstance(error, AuthError) and error.error_code == "user_already_exists"


def token(grant, body):
    return auth_token.sync_detailed(client=anonymous, grant_type=grant, body=body)


grant = AuthTokenGrantType.PASSWORD
error = step("a wrong password", token(grant, AuthPasswordGrant(email=EMAIL, password="wrong")), 400)
assert error.error_code == "invalid_credentials"
session = step("sign in", token(grant, AuthPasswordGrant(email=EMAIL, password=PASSWORD)))
grant = AuthTokenGrantType.REFRESH_TOKEN
session = step("renew", token(grant, AuthRefreshTokenGrant(refresh_token=session.refresh_token)))
client = AuthenticatedClient(base_url=url, token=session.access_token)
user = step("the user", auth_get_user.sync_detailed(client=client))
assert user.email == EMAIL and not user.factors
data = AuthUserUpdateData.from_dict({"name": "Grace"})
user = step("change", auth_update_user.sync_detailed(client=client, body=AuthUserUpdate(data=data)))
assert user.user_metadata["name"] == "Grace"
sessions = step("sessions", auth_list_sessions.sync_detailed(client=client))
assert [one.current for one in sessions].count(True) == 1

returned = InsertDirectorsPrefer.RETURNREPRESENTATION
varda = DirectorsInsert(name="Agnès Varda", born=datetime.date(1928, 5, 30))
answer = insert_directors.sync_detailed(client=client, body=[varda], prefer=returned)
[director] = step("a director", answer, 201)
assert director.born == datetime.date(1928, 5, 30)
films = [
    FilmsInsert(title="Cléo de 5 à 7", year=1962, director_id=director.id, minutes=90, tags=["paris"]),
    FilmsInsert(
        title="Visages villages",
        year=2017,
        genre=Genre.DOCUMENTARY,
        other_genre=Genre.COMEDY,
        director_id=director.id,
        minutes=89,
        facts={"with": "JR"},
        shown_at=datetime.datetime(2017, 5, 19, 18, tzinfo=datetime.timezone.utc),
    ),
]
filled = InsertFilmsPrefer.RETURNREPRESENTATION
inserted = []
for film in films:
    answer = insert_films.sync_detailed(client=client, body=[film], prefer=filled)
    inserted += step(f"insert {film.title}", answer, 201)
cleo, visages = inserted
assert (cleo.genre, cleo.decade, cleo.other_genre, cleo.tags) == (Genre.DRAMA, 1960, None, ["paris"])
assert visages.facts == {"with": "JR"} and visages.shown_at == films[1].shown_at


def listed(name, status=200, **parameters):
    return step(name, list_films.sync_detailed(client=client, **parameters), status)


assert len(listed("all films")) == 2
assert [film.title for film in listed("a filter", year="gte.2000")] == ["Visages villages"]
assert len(listed("by an enum", genre="eq.documentary")) == 1
assert len(listed("either of two", or_="(year.lt.1900,minutes.eq.90)")) == 1
assert listed("order and page", order="year.desc", limit=1, offset=1)[0].year == 1962
answer = list_films.sync_detailed(client=client, limit=1, prefer=ListFilmsPrefer.COUNTEXACT)
assert len(step("count", answer, 206)) == 1 and answer.headers["content-range"] == "0-0/2"
assert len(listed("related rows", select="*,directors(name)")) == 2

changes = FilmsUpdate(seen=True, rating=7.8, tags=["road", "portraits"])
written = UpdateFilmsPrefer.RETURNREPRESENTATION
answer = update_films.sync_detailed(
    client=client, title="eq.Visages villages", body=changes, prefer=written
)
[film] = step("update", answer)
assert (film.seen, film.rating, film.tags) == (True, 7.8, ["road", "portraits"])
varda.born = datetime.date(1928, 5, 31)
merged = InsertDirectorsPrefer.RETURNREPRESENTATIONRESOLUTIONMERGE_DUPLICATES
answer = insert_directors.sync_detailed(client=client, body=[varda], on_conflict="name", prefer=merged)
# Nothing was inserted, so it is 200 and not 201.
[same] = step("insert or update", answer, answer.status_code)
assert (same.id, same.born) == (director.id, varda.born)
assert step("a view", list_recent_films.sync_detailed(client=client))[0].year == 2017
assert step("a function", call_add.sync_detailed(client=client, body=AddArguments(a=20, b=22))) == 42
[film] = step("a function of rows", read_films_of.sync_detailed(client=client, after=2000))
assert film.title == "Visages villages"
counts = step("a table of its own", call_per_genre.sync_detailed(client=client))
assert [(row.genre, row.count) for row in counts] == [(Genre.DRAMA, 1), (Genre.DOCUMENTARY, 1)]
note = NotesInsert(body="See it again")
returned = InsertNotesPrefer.RETURNREPRESENTATION
[note] = step("a note", insert_notes.sync_detailed(client=client, body=[note], prefer=returned), 201)
assert note.owner == session.user.id
step("nothing to give", call_forget_notes.sync_detailed(client=client), 204)
assert step("no notes", list_notes.sync_detailed(client=client)) == []
answer = call_fail.sync_detailed(client=client, body=FailArguments(why="I am a teapot"))
error = step("a function that fails", answer, 418)
assert (error.message, error.hint) == ("I am a teapot", "Do not")
answer = insert_films.sync_detailed(client=client, body=[films[1]], prefer=filled)
assert step("a title that is taken", answer, 409).code == "23505"
impossible = FilmsUpdate(year=1500)
answer = update_films.sync_detailed(client=client, year="eq.1962", body=impossible, prefer=written)
assert step("a year that cannot be", answer, 400).code == "23514"
assert listed("nonsense", 400, year="eq.now").code == "22P02"
gone = DeleteFilmsPrefer.RETURNREPRESENTATION
answer = delete_films.sync_detailed(client=client, year="eq.1962", prefer=gone)
assert [film.title for film in step("delete", answer)] == ["Cléo de 5 à 7"]
nobody = DirectorsInsert(name="Nobody")
returned = InsertDirectorsPrefer.RETURNREPRESENTATION
answer = insert_directors.sync_detailed(client=anonymous, body=[nobody], prefer=returned)
assert step("not signed in", answer, 401).code == "42501"
step("sign out", auth_log_out.sync_detailed(client=client), 204)
error = step("an ended session", auth_get_user.sync_detailed(client=client), 403)
assert error.error_code == "session_not_found"
print(f"{steps} steps")
