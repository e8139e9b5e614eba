// The scenario with the client that @hey-api/openapi-ts makes.
import { createClient } from './client/client/index.js'
import {
  authGetUser,
  authHealth,
  authListSessions,
  authLogOut,
  authSettings,
  authSignUp,
  authToken,
  authUpdateUser,
  callAdd,
  callFail,
  callForgetNotes,
  callPerGenre,
  deleteFilms,
  insertDirectors,
  insertFilms,
  insertNotes,
  listFilms,
  listNotes,
  listRecentFilms,
  readFilmsOf,
  updateFilms,
} from './client/sdk.gen.js'
import type { FilmsInsert as NewFilm } from './client/types.gen.js'
import { assert, finish, given, refused, step } from './steps.js'

const url = process.argv[2]!
const representation = { Prefer: 'return=representation' } as const
const anonymous = createClient({ baseUrl: url })
const email = 'hey@example.org'
const password = 'correct horse battery'

await step('the service is there', async () => {
  assert.equal(given(await authHealth({ client: anonymous })).name, 'Crestfall')
})
await step('its settings', async () => {
  assert.equal(given(await authSettings({ client: anonymous })).mailer_autoconfirm, true)
})
await step('sign up', async () => {
  const made = given(await authSignUp({ client: anonymous, body: { email, password, data: { name: 'Ada' } } }))
  assert.ok('access_token' in made)
})
await step('sign up again', async () => {
  const answer = await authSignUp({ client: anonymous, body: { email, password } })
  assert.equal(refused(answer, 422).error_code, 'user_already_exists')
})
await step('a wrong password', async () => {
  const answer = await authToken({ client: anonymous, query: { grant_type: 'password' },
    body: { email, password: 'wrong' },
  })
  const error = refused(answer, 400)
  assert.ok('error_code' in error && error.error_code === 'invalid_credentials')
})
const session = await step('sign in', async () => {
  const answer = await authToken({ client: anonymous, query: { grant_type: 'password' },
    body: { email, password },
  })
  return given(answer)
})
const renewed = await step('renew the session', async () => {
  const answer = await authToken({ client: anonymous, query: { grant_type: 'refresh_token' },
    body: { refresh_token: session.refresh_token },
  })
  return given(answer)
})
const client = createClient({
  baseUrl: url,
  headers: { Authorization: `Bearer ${renewed.access_token}` },
})
await step('the user', async () => {
  const user = given(await authGetUser({ client }))
  assert.equal(user.email, email)
  assert.equal(user.factors, undefined)
})
await step('change the user', async () => {
  const user = given(await authUpdateUser({ client, body: { data: { name: 'Grace' } } }))
  assert.equal(user.user_metadata.name, 'Grace')
})
await step('sessions', async () => {
  const sessions = given(await authListSessions({ client }))
  assert.equal(sessions.filter((one) => one.current).length, 1)
})
const director = await step('insert a director', async () => {
  const answer = await insertDirectors({ client, headers: representation,
    body: [{ name: 'Agnès Varda', born: '1928-05-30' }],
  })
  return given(answer)[0]!
})
const films: NewFilm[] = [
  { title: 'Cléo de 5 à 7', year: 1962, director_id: director.id, minutes: 90, tags: ['paris'] },
  { title: 'Visages villages', year: 2017, genre: 'documentary', director_id: director.id, minutes: 89,
    tags: [], other_genre: 'comedy', facts: { with: 'JR' }, shown_at: '2017-05-19T20:00:00+02:00' },
].map((film) => ({ other_genre: null, facts: null, shown_at: null, genre: 'drama' as const, ...film }) as NewFilm)
const inserted = await step('insert films', async () => {
  const answer = await insertFilms({ client, headers: representation, body: films })
  return given(answer)
})
await step('what the database has made of them', async () => {
  const [cleo, visages] = inserted
  assert.equal(cleo?.genre, 'drama')
  assert.equal(cleo?.decade, 1960)
  assert.equal(cleo?.other_genre, null)
  assert.deepEqual(cleo?.tags, ['paris'])
  assert.deepEqual(visages?.facts, { with: 'JR' })
  assert.equal(Date.parse(visages?.shown_at ?? ''), Date.parse('2017-05-19T18:00:00Z'))
})
await step('all films', async () => {
  assert.equal(given(await listFilms({ client })).length, 2)
})
await step('a filter', async () => {
  const answer = await listFilms({ client, query: { year: 'gte.2000' } })
  assert.deepEqual(given(answer).map((film) => film.title), ['Visages villages'])
})
await step('a filter by an enum', async () => {
  const answer = await listFilms({ client, query: { genre: 'eq.documentary' } })
  assert.equal(given(answer).length, 1)
})
await step('either of two conditions', async () => {
  const answer = await listFilms({ client, query: { or: '(year.lt.1900,minutes.eq.90)' },
  })
  assert.equal(given(answer).length, 1)
})
await step('order and page', async () => {
  const answer = await listFilms({ client, query: { order: 'year.desc', limit: 1, offset: 1 },
  })
  assert.equal(given(answer)[0]?.year, 1962)
})
await step('count', async () => {
  const answer = await listFilms({ client, query: { limit: 1 }, headers: { Prefer: 'count=exact' },
  })
  assert.equal(answer.response.status, 206)
  assert.equal(answer.response.headers.get('content-range'), '0-0/2')
})
await step('related rows', async () => {
  const answer = await listFilms({ client, query: { select: '*,directors(name)' } })
  assert.equal(given(answer).length, 2)
})
await step('update', async () => {
  const answer = await updateFilms({ client, query: { title: 'eq.Visages villages' }, headers: representation,
    body: { seen: true, rating: 7.8, tags: ['road', 'portraits'] },
  })
  const [film] = given(answer)
  assert.deepEqual([film?.seen, film?.rating, film?.tags], [true, 7.8, ['road', 'portraits']])
})
await step('insert or update', async () => {
  const answer = await insertDirectors({ client, query: { on_conflict: 'name' }, headers: { Prefer: 'return=representation,resolution=merge-duplicates' },
    body: [{ name: 'Agnès Varda', born: '1928-05-31' }],
  })
  assert.deepEqual(given(answer), [{ id: director.id, name: 'Agnès Varda', born: '1928-05-31' }])
})
await step('a view', async () => {
  assert.equal(given(await listRecentFilms({ client }))[0]?.year, 2017)
})
await step('call a function', async () => {
  assert.equal(given(await callAdd({ client, body: { a: 20, b: 22 } })), 42)
})
await step('read a function of rows', async () => {
  const answer = await readFilmsOf({ client, query: { after: 2000 } })
  assert.equal(given(answer)?.[0]?.title, 'Visages villages')
})
await step('call a function of a table of its own', async () => {
  const rows = given(await callPerGenre({ client }))
  assert.deepEqual(rows, [{ genre: 'drama', count: 1 }, { genre: 'documentary', count: 1 }])
})
await step('a note of one user', async () => {
  const answer = await insertNotes({ client, headers: representation,
    body: [{ body: 'See it again' }],
  })
  assert.equal(given(answer)[0]?.owner, renewed.user.id)
})
await step('a function that gives nothing', async () => {
  assert.equal((await callForgetNotes({ client })).response.status, 204)
  assert.equal(given(await listNotes({ client })).length, 0)
})
await step('a function that fails', async () => {
  const answer = await callFail({ client, body: { why: 'I am a teapot' } })
  const error = refused(answer, 418)
  assert.deepEqual([error.message, error.hint], ['I am a teapot', 'Do not'])
})
await step('a title that is taken', async () => {
  const answer = await insertFilms({ client, headers: representation,
    body: [{ title: 'Visages villages', year: 2017 }],
  })
  assert.equal(refused(answer, 409).code, '23505')
})
await step('a year that cannot be', async () => {
  const answer = await updateFilms({ client, query: { year: 'eq.1962' }, headers: representation,
    body: { year: 1500 },
  })
  assert.equal(refused(answer, 400).code, '23514')
})
await step('a filter that makes no sense', async () => {
  const answer = await listFilms({ client, query: { year: 'eq.now' } })
  assert.equal(refused(answer, 400).code, '22P02')
})
await step('delete', async () => {
  const answer = await deleteFilms({ client, query: { year: 'eq.1962' }, headers: representation,
  })
  assert.equal(given(answer)[0]?.title, 'Cléo de 5 à 7')
})
await step('what nobody may do without signing in', async () => {
  const answer = await insertDirectors({ client: anonymous, headers: representation,
    body: [{ name: 'Nobody' }],
  })
  assert.equal(refused(answer, 401).code, '42501')
})
await step('sign out', async () => {
  assert.equal((await authLogOut({ client })).response.status, 204)
})
await step('a session that has ended', async () => {
  const answer = await authGetUser({ client })
  assert.equal(refused(answer, 403).error_code, 'session_not_found')
})
finish()
