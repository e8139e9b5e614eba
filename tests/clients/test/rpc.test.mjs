import assert from 'node:assert/strict'
import { test } from 'node:test'
import { db } from '../support/client.mjs'

async function called(query) {
  const answer = await query
  assert.equal(answer.error, null)
  return answer
}
const data = async (query) => (await called(query)).data

test('a scalar, by POST and GET, with a default', async () => {
  assert.equal(await data(db.rpc('add', { a: 1, b: 2 })), 3)
  assert.equal(await data(db.rpc('add', { a: 1 })), 11)
  assert.equal(await data(db.rpc('add', { a: 1, b: 2 }, { get: true })), 3)
})

test('an array argument, by POST and GET', async () => {
  assert.equal(await data(db.rpc('total', { numbers: [1, 2, 3] })), 6)
  assert.equal(await data(db.rpc('total', { numbers: [1, 2, 3] }, { get: true })), 6)
})

test('rows: filtered, ordered, embedded, counted', async () => {
  const answer = await called(
    db
      .rpc('ships_of', { country: 'NO' }, { count: 'exact' })
      .select('name, ports(name)')
      .order('id', { ascending: false })
      .limit(1),
  )
  assert.deepEqual(answer.data, [{ name: 'polar star', ports: { name: 'Tromsø' } }])
  assert.equal(answer.count, 2)
  const read = db.rpc('ships_of', { country: 'NO' }, { get: true }).select('id').eq('built', 1962)
  assert.deepEqual(await data(read), [{ id: 1 }])
})

test('one composite: an object', async () => {
  const ship = await data(db.rpc('ship', { id: 2 }).select('name, status'))
  assert.deepEqual(ship, { name: 'Grey Heron', status: 'in_port' })
})

test('a table', async () => {
  assert.deepEqual(await data(db.rpc('tonnage').gt('tons', 1000)), [
    { ship: 'Polaris', tons: 1050 },
    { ship: 'polar star', tons: 2500 },
  ])
})

test('nothing', async () => {
  const answer = await called(db.rpc('nothing'))
  assert.deepEqual([answer.status, answer.data], [204, null])
})

test('a count alone, by HEAD', async () => {
  const answer = await called(db.rpc('ships_of', { country: 'NO' }, { head: true, count: 'exact' }))
  assert.deepEqual([answer.status, answer.data, answer.count], [200, null, 2])
})

test('the whole body as one unnamed argument', async () => {
  assert.deepEqual(await data(db.rpc('echo', { a: [1, { b: null }] })), { a: [1, { b: null }] })
})

test('a function that writes is called by POST only', async () => {
  const rows = await data(db.rpc('note_cargo', { code: 'rpc-1' }).select('code').single())
  assert.deepEqual(rows, { code: 'rpc-1' })
  const { error, status } = await db.rpc('note_cargo', { code: 'rpc-2' }, { get: true })
  assert.deepEqual([status, error.code], [405, '25006'])
})

test('overloads go by the names of arguments', async () => {
  const { error, status } = await db.rpc('describe', { thing: 1 })
  assert.deepEqual([status, error.code], [300, 'PGRST203'])
  assert.match(error.message, /^Could not choose the best candidate function between: public\.describe/)
})

test('a function that is not there', async () => {
  const { error, status } = await db.rpc('ships_off', { country: 'NO' })
  assert.equal(status, 404)
  assert.deepEqual(
    { ...error },
    {
      code: 'PGRST202',
      message: 'Could not find the function public.ships_off(country) in the schema cache',
      details:
        'Searched for the function public.ships_off with parameter country or with a single unnamed json/jsonb parameter, but no matches were found in the schema cache.',
      hint: 'Perhaps you meant to call the function public.ships_of',
    },
  )
})

test('an error that the function raises', async () => {
  const { error, status } = await db.rpc('refuse')
  assert.equal(status, 423)
  assert.deepEqual(
    { ...error },
    { code: 'PT423', message: 'the harbour is closed', details: 'storm', hint: 'wait' },
  )
})
