import assert from 'node:assert/strict'
import { test } from 'node:test'
import { db } from '../support/client.mjs'

const ok = async (query) => {
  const answer = await query
  assert.equal(answer.error, null)
  return answer
}

test('columns, aliases, casts and JSON paths', async () => {
  const { data, status, statusText } = await ok(
    db
      .from('ships')
      .select('name, since:built, built::text, specs->engine->>kind, power:specs->engine->power')
      .eq('id', 1),
  )
  assert.deepEqual(data, [
    { name: 'Polaris', since: 1962, built: '1962', kind: 'diesel', power: 4000 },
  ])
  assert.deepEqual([status, statusText], [200, 'OK'])
})

test('every column of a table, and of a view', async () => {
  const { data } = await ok(db.from('ports').select().eq('id', 4))
  assert.deepEqual(data, [{ id: 4, name: 'St. John\'s, "Harbour"', country: 'CA', depth: 14.2 }])
  const view = await ok(db.from('fleet').select('*').eq('id', 5))
  assert.deepEqual(view.data, [{ id: 5, name: 'Kittiwake', home_port_id: null }])
})

test('a computed column', async () => {
  const { data } = await ok(db.from('ships').select('name, age').gt('age', 60))
  assert.deepEqual(data, [{ name: 'Albatross', age: 69 }])
})

test('order, nulls, several columns', async () => {
  const names = async (query) => (await ok(query)).data.map((row) => row.id)
  const ships = () => db.from('ships').select('id')
  assert.deepEqual(await names(ships().order('built')), [3, 1, 2, 5, 4])
  assert.deepEqual(await names(ships().order('built', { ascending: false })), [4, 5, 2, 1, 3])
  assert.deepEqual(await names(ships().order('built', { nullsFirst: true })), [4, 3, 1, 2, 5])
  assert.deepEqual(
    await names(ships().order('status').order('id', { ascending: false })),
    [4, 1, 5, 2, 3],
  )
  assert.deepEqual(await names(ships().order('specs->length').limit(2)), [3, 2])
})

test('limit and range', async () => {
  const { data } = await ok(db.from('ships').select('id').order('id').limit(2))
  assert.deepEqual(data, [{ id: 1 }, { id: 2 }])
  const range = await ok(db.from('ships').select('id').order('id').range(2, 3))
  assert.deepEqual(range.data, [{ id: 3 }, { id: 4 }])
  const beyond = await ok(db.from('ships').select('id').range(10, 20))
  assert.deepEqual(beyond.data, [])
})

test('exact, planned and estimated counts', async () => {
  for (const count of ['exact', 'planned', 'estimated']) {
    const answer = await ok(db.from('ships').select('id', { count }).order('id'))
    assert.equal(answer.count, 5, count)
    assert.equal(answer.data.length, 5, count)
  }
  const part = await ok(db.from('ships').select('id', { count: 'exact' }).order('id').range(1, 2))
  assert.deepEqual([part.count, part.status, part.statusText], [5, 206, 'Partial Content'])
  const none = await ok(db.from('ships').select('id', { count: 'exact' }).eq('id', 99))
  assert.deepEqual([none.count, none.status], [0, 200])
})

test('counts alone, by HEAD', async () => {
  const exact = await ok(db.from('ships').select('*', { count: 'exact', head: true }))
  assert.deepEqual([exact.data, exact.count, exact.status], [null, 5, 200])
  const filtered = db.from('ships').select('*', { count: 'estimated', head: true })
  assert.equal((await ok(filtered.eq('status', 'at_sea'))).count, 2)
})

test('one row as an object', async () => {
  const { data } = await ok(db.from('ships').select('name').eq('id', 3).single())
  assert.deepEqual(data, { name: 'Albatross' })
  for (const [filter, rows] of [['id.eq.99', 0], ['id.lt.3', 2]]) {
    const { data, error, status, statusText } = await db
      .from('ships')
      .select('name')
      .or(filter)
      .single()
    assert.equal(data, null)
    assert.deepEqual([status, statusText], [406, 'Not Acceptable'])
    assert.deepEqual(
      { ...error },
      {
        code: 'PGRST116',
        message: 'Cannot coerce the result to a single JSON object',
        details: `The result contains ${rows} rows`,
        hint: null,
      },
    )
  }
})

test('one row or none', async () => {
  const ships = () => db.from('ships').select('name')
  assert.deepEqual((await ok(ships().eq('id', 3).maybeSingle())).data, { name: 'Albatross' })
  assert.equal((await ok(ships().eq('id', 99).maybeSingle())).data, null)
  assert.equal((await ships().lt('id', 3).maybeSingle()).error.code, 'PGRST116')
})

test('CSV', async () => {
  const { data } = await ok(db.from('ports').select('id,name,depth').gte('id', 3).order('id').csv())
  assert.equal(data, 'id,name,depth\n3,Galway,\n4,"St. John\'s, ""Harbour""",14.2')
})

test('nulls left out', async () => {
  const port = () => db.from('ports').select('id,depth').eq('id', 3)
  assert.deepEqual((await ok(port().stripNulls())).data, [{ id: 3 }])
  assert.deepEqual((await ok(port().single().stripNulls())).data, { id: 3 })
})

test('aggregates', async () => {
  const { data } = await ok(
    db.from('voyages').select('ship_id, count(), tons.sum(), most:tons.max()').order('ship_id'),
  )
  assert.deepEqual(data, [
    { ship_id: 1, count: 2, sum: 1050, most: 900 },
    { ship_id: 2, count: 1, sum: 400, most: 400 },
    { ship_id: 3, count: 1, sum: null, most: null },
    { ship_id: 4, count: 1, sum: 2500, most: 2500 },
  ])
})

test('plans', async () => {
  const text = await ok(db.from('ships').select().explain())
  assert.match(text.data, /^Aggregate {2}\(cost=/)
  const json = await ok(db.from('ships').select().explain({ analyze: true, format: 'json' }))
  assert.equal(json.data[0].Plan['Node Type'], 'Aggregate')
})

test('a long list in the address', async () => {
  const ids = Array.from({ length: 1500 }, (_, index) => index + 2)
  const { data } = await ok(db.from('ships').select('id').in('id', ids).order('id'))
  assert.deepEqual(data.map((row) => row.id), [2, 3, 4, 5])
})
