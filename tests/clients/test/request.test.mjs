import assert from 'node:assert/strict'
import { test } from 'node:test'
import { as, client, db, token } from '../support/client.mjs'

test('another schema', async () => {
  const { data } = await db.schema('archive').from('wrecks').select()
  assert.deepEqual(data, [{ id: 1, name: 'Lady Grey' }])
  const written = db.schema('archive').from('wrecks').insert({ id: 2, name: 'Nora' }).rollback()
  assert.equal((await written).status, 201)
  const { error, status } = await db.schema('secret').from('wrecks').select()
  assert.deepEqual([status, error.code], [406, 'PGRST106'])
  assert.equal(error.message, 'Invalid schema: secret')
  assert.equal(error.hint, 'Only the following schemas are exposed: public, archive')
})

test('without a token: the anonymous role', async () => {
  const { data } = await db.rpc('whoami')
  assert.deepEqual(data, { role: 'anon', sub: null, header: null, method: 'POST' })
  const { error, status } = await db.from('logbook').select()
  assert.deepEqual([status, error.code], [401, '42501'])
  assert.equal(error.message, 'permission denied for table logbook')
})

test('a token decides the role, and what its policies show', async () => {
  const ada = as({ role: 'authenticated', sub: 'ada' })
  const { data } = await ada.rpc('whoami', {}, { get: true }).setHeader('X-Watch', 'night')
  assert.deepEqual(data, { role: 'authenticated', sub: 'ada', header: 'night', method: 'GET' })
  const lines = await ada.from('logbook').select('line')
  assert.deepEqual(lines.data, [{ line: 'first watch' }])
  const ben = as({ role: 'authenticated', sub: 'ben' })
  const note = await ben.from('logbook').insert({ line: 'all well' }).select('author')
  assert.deepEqual(note.data, [{ author: 'ben' }])
  const forged = await ben.from('logbook').insert({ author: 'ada', line: 'mutiny' })
  assert.deepEqual([forged.status, forged.error.code], [403, '42501'])
  const others = await ben.from('logbook').delete().eq('author', 'ada').select()
  assert.deepEqual(others.data, [])
})

test('bad tokens are refused, not taken for none', async () => {
  const seconds = Math.floor(Date.now() / 1000)
  const refused = async (bearer) => {
    const headers = { Authorization: `Bearer ${bearer}` }
    const { data, error, status } = await client({ headers }).from('ships').select('id')
    assert.equal(data, null)
    return [status, error.code, error.message]
  }
  assert.deepEqual(await refused(token({ role: 'anon', exp: seconds - 60 })), [401, 'PGRST303', 'JWT expired'])
  const forged = token({ role: 'authenticated' }, 'another secret of thirty-two or more bytes')
  assert.deepEqual((await refused(forged)).slice(0, 2), [401, 'PGRST301'])
  assert.deepEqual((await refused('nonsense')).slice(0, 2), [401, 'PGRST301'])
  assert.equal((await refused(token({ role: 'postgres' })))[0], 403)
})

test('what is unknown is told', async () => {
  const table = await db.from('shps').select()
  assert.deepEqual([table.status, table.error.code], [404, 'PGRST205'])
  assert.equal(table.error.message, "Could not find the table 'public.shps' in the schema cache")
  assert.equal(table.error.hint, "Perhaps you meant the table 'public.ships'")
  const column = await db.from('ships').select('nam')
  assert.deepEqual([column.status, column.error.code], [400, '42703'])
  assert.equal(column.error.message, 'column ships.nam does not exist')
  const value = await db.from('ships').select().eq('built', 'old')
  assert.deepEqual([value.status, value.error.code], [400, '22P02'])
  const syntax = await db.from('ships').select().or('nonsense')
  assert.deepEqual([syntax.status, syntax.error.code], [400, 'PGRST100'])
})

test('errors can be thrown', async () => {
  const thrown = async () => await db.from('shps').select().throwOnError()
  await assert.rejects(thrown, { name: 'PostgrestError', code: 'PGRST205' })
})

test('a request given up does no harm', async () => {
  const { error, data } = await db
    .rpc('wait_for', { seconds: 30 })
    .abortSignal(AbortSignal.timeout(200))
  assert.equal(data, null)
  assert.match(error.message, /Error: /)
  const many = Array.from({ length: 30 }, () =>
    db.rpc('wait_for', { seconds: 30 }).abortSignal(AbortSignal.timeout(50)),
  )
  await Promise.all(many)
  // They would hold every connection for 30 seconds if they were not cancelled.
  const began = Date.now()
  const after = await db.from('ships').select('id').eq('id', 1)
  assert.deepEqual(after.data, [{ id: 1 }])
  assert.ok(Date.now() - began < 10_000)
})

test('many at a time, each as its own caller', async () => {
  const calls = Array.from({ length: 200 }, async (_, index) => {
    const sub = `sailor ${index}`
    const role = index % 2 === 0 ? 'anon' : 'authenticated'
    const { data } = await as({ role, sub }).rpc('whoami', {}, { get: index % 3 === 0 })
    assert.deepEqual([data.role, data.sub], [role, sub])
  })
  await Promise.all(calls)
})
