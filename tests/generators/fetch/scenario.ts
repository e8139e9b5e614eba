// The scenario with openapi-typescript's types and openapi-fetch.
import createClient from 'openapi-fetch'
import type { components, paths } from './schema.d.ts'
import { assert, finish, given, refused, step } from './steps.js'

type NewFilm = components['schemas']['FilmsInsert']
const url = process.argv[2]!
const representation = { Prefer: 'return=representation' } as const
const anonymous = createClient<paths>({ baseUrl: url })
const email = 'fetch@example.org'
const password = 'correct horse battery'

await step('the service is there', async () => {
  assert.equal(given(await anonymous.GET('/auth/v1/health')).name, 'Crestfall')
})
await step('its settings', async () => {
  assert.equal(given(await anonymous.GET('/auth/v1/settings')).mailer_autoconfirm, true)
})
await step('sign up', async () => {
  const made = given(await anonymous.POST('/auth/v1/signup', { body: { email, password, data: { name: 'Ada' } } }))
  assert.ok('access_token' in made)
})
await step('sign up again', async () => {
  const answer = await anonymous.POST('/auth/v1/signup', { body: { email, password } })
  assert.equal(refused(answer, 422).error_code, 'user_already_exists')
})
await step('a wrong password', async () => {
  const answer = await anonymous.POST('/auth/v1/token', {
    params: { query: { grant_type: 'password' } },
    body: { email, password: 'wrong' },
  })
  const error = refused(answer, 400)
  assert.ok('error_code' in error && error.error_code === 'invalid_credentials')
})
const session = await step('sign in', async () => {
  const answer = await anonymous.POST('/auth/v1/token', {
    params: { query: { grant_type: 'password' } },
    body: { email, password },
  })
  return given(answer)
})
const renewed = await step('renew the session', async () => {
  const answer = await anonymous.POST('/auth/v1/token', {
    params: { query: { grant_type: 'refresh_token' } },
    body: { refresh_token: session.refresh_token },
  })
  return given(answer)
})
const client = createClient<paths>({
  baseUrl: url,
  headers: { Authorization: `Bearer ${renewed.access_token}` },
})
await step('the user', async () => {
  const user = given(await client.GET('/auth/v1/user'))
  assert.equal(user.email, email)
  assert.equal(user.factors, undefined)
})
await step('change the user', async () => {
  const user = given(await client.PUT('/auth/v1/user', { body: { data: { name: 'Grace' } } }))
  assert.equal(user.user_metadata.name, 'Grace')
})
await step('sessions', async () => {
  const sessions = given(await client.GET('/auth/v1/user/sessions'))
  assert.equal(sessions.filter((one) => one.current).length, 1)
})
const director = await step('insert a director', async () => {
  const answer = await client.POST('/rest/v1/directors', {
    params: { header: representation },
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
  const answer = await client.POST('/rest/v1/films', { params: { header: representation }, body: films })
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
  assert.equal(given(await client.GET('/rest/v1/films')).length, 2)
})
await step('a filter', async () => {
  const answer = await client.GET('/rest/v1/films', { params: { query: { year: 'gte.2000' } } })
  assert.deepEqual(given(answer).map((film) => film.title), ['Visages villages'])
})
await step('a filter by an enum', async () => {
  const answer = await client.GET('/rest/v1/films', { params: { query: { genre: 'eq.documentary' } } })
  assert.equal(given(answer).length, 1)
})
await step('either of two conditions', async () => {
  const answer = await client.GET('/rest/v1/films', {
    params: { query: { or: '(year.lt.1900,minutes.eq.90)' } },
  })
  assert.equal(given(answer).length, 1)
})
await step('order and page', async () => {
  const answer = await client.GET('/rest/v1/films', {
    params: { query: { order: 'year.desc', limit: 1, offset: 1 } },
  })
  assert.equal(given(answer)[0]?.year, 1962)
})
await step('count', async () => {
  const answer = await client.GET('/rest/v1/films', {
    params: { query: { limit: 1 }, header: { Prefer: 'count=exact' } },
  })
  assert.equal(answer.response.status, 206)
  assert.equal(answer.response.headers.get('content-range'), '0-0/2')
})
await step('related rows', async () => {
  const answer = await client.GET('/rest/v1/films', { params: { query: { select: '*,directors(name)' } } })
  assert.equal(given(answer).length, 2)
})
await step('update', async () => {
  const answer = await client.PATCH('/rest/v1/films', {
    params: { query: { title: 'eq.Visages villages' }, header: representation },
    body: { seen: true, rating: 7.8, tags: ['road', 'portraits'] },
  })
  const [film] = given(answer)
  assert.deepEqual([film?.seen, film?.rating, film?.tags], [true, 7.8, ['road', 'portraits']])
})
await step('insert or update', async () => {
  const answer = await client.POST('/rest/v1/directors', {
    params: {
      query: { on_conflict: 'name' },
      header: { Prefer: 'return=representation,resolution=merge-duplicates' },
    },
    body: [{ name: 'Agnès Varda', born: '1928-05-31' }],
  })
  assert.deepEqual(given(answer), [{ id: director.id, name: 'Agnès Varda', born: '1928-05-31' }])
})
await step('a view', async () => {
  assert.equal(given(await client.GET('/rest/v1/recent_films'))[0]?.year, 2017)
})
await step('call a function', async () => {
  assert.equal(given(await client.POST('/rest/v1/rpc/add', { body: { a: 20, b: 22 } })), 42)
})
await step('read a function of rows', async () => {
  const answer = await client.GET('/rest/v1/rpc/films_of', { params: { query: { after: 2000 } } })
  assert.equal(given(answer)?.[0]?.title, 'Visages villages')
})
await step('call a function of a table of its own', async () => {
  const rows = given(await client.POST('/rest/v1/rpc/per_genre'))
  assert.deepEqual(rows, [{ genre: 'drama', count: 1 }, { genre: 'documentary', count: 1 }])
})
await step('a note of one user', async () => {
  const answer = await client.POST('/rest/v1/notes', {
    params: { header: representation },
    body: [{ body: 'See it again' }],
  })
  assert.equal(given(answer)[0]?.owner, renewed.user.id)
})
await step('a function that gives nothing', async () => {
  assert.equal((await client.POST('/rest/v1/rpc/forget_notes')).response.status, 204)
  assert.equal(given(await client.GET('/rest/v1/notes')).length, 0)
})
await step('a function that fails', async () => {
  const answer = await client.POST('/rest/v1/rpc/fail', { body: { why: 'I am a teapot' } })
  const error = refused(answer, 418)
  assert.deepEqual([error.message, error.hint], ['I am a teapot', 'Do not'])
})
await step('a title that is taken', async () => {
  const answer = await client.POST('/rest/v1/films', {
    params: { header: representation },
    body: [{ title: 'Visages villages', year: 2017 }],
  })
  assert.equal(refused(answer, 409).code, '23505')
})
await step('a year that cannot be', async () => {
  const answer = await client.PATCH('/rest/v1/films', {
    params: { query: { year: 'eq.1962' }, header: representation },
    body: { year: 1500 },
  })
  assert.equal(refused(answer, 400).code, '23514')
})
await step('a filter that makes no sense', async () => {
  const answer = await client.GET('/rest/v1/films', { params: { query: { year: 'eq.now' } } })
  assert.equal(refused(answer, 400).code, '22P02')
})
await step('delete', async () => {
  const answer = await client.DELETE('/rest/v1/films', {
    params: { query: { year: 'eq.1962' }, header: representation },
  })
  assert.equal(given(answer)[0]?.title, 'Cléo de 5 à 7')
})
await step('what nobody may do without signing in', async () => {
  const answer = await anonymous.POST('/rest/v1/directors', {
    params: { header: representation },
    body: [{ name: 'Nobody' }],
  })
  assert.equal(refused(answer, 401).code, '42501')
})
await step('sign out', async () => {
  assert.equal((await client.POST('/auth/v1/logout')).response.status, 204)
})
await step('a session that has ended', async () => {
  const answer = await client.GET('/auth/v1/user')
  assert.equal(refused(answer, 403).error_code, 'session_not_found')
})
finish()
