import assert from 'node:assert/strict'
import { test } from 'node:test'
import { db } from '../support/client.mjs'

async function rows(query) {
  const { data, error } = await query
  assert.equal(error, null)
  return data
}

test('to one: an object, or null', async () => {
  const data = await rows(
    db.from('ships').select('name, ports(name)').in('id', [2, 5]).order('id'),
  )
  assert.deepEqual(data, [
    { name: 'Grey Heron', ports: { name: 'Hull' } },
    { name: 'Kittiwake', ports: null },
  ])
})

test('to many: an array, ordered, limited and filtered of its own', async () => {
  const ship = () => db.from('ships').select('name, voyages(id)').eq('id', 1).single()
  const embedded = async (query) => (await rows(query)).voyages.map((voyage) => voyage.id)
  const by = (options) => ({ referencedTable: 'voyages', ...options })
  assert.deepEqual(await embedded(ship().order('id', by({ ascending: false }))), [2, 1])
  assert.deepEqual(await embedded(ship().order('id', by({})).limit(1, by({}))), [1])
  assert.deepEqual(await embedded(ship().order('id', by({})).range(1, 1, by({}))), [2])
  assert.deepEqual(
    await rows(db.from('ships').select('id, voyages(id)').in('id', [1, 2]).gt('voyages.tons', 500).order('id')),
    [
      { id: 1, voyages: [{ id: 1 }] },
      { id: 2, voyages: [] },
    ],
  )
  const either = db.from('ships').select('voyages(id)').eq('id', 1)
  assert.deepEqual(
    await embedded(either.or('tons.gt.500,log.like.*quiet*', by({})).order('id', by({})).single()),
    [1, 2],
  )
})

test('one to one, from both sides', async () => {
  const ship = await rows(db.from('ships').select('registrations(number)').eq('id', 1).single())
  assert.deepEqual(ship, { registrations: { number: 'NO-0001' } })
  const number = await rows(db.from('registrations').select('number, ships(name)').eq('ship_id', 2))
  assert.deepEqual(number, [{ number: 'GB-0417', ships: { name: 'Grey Heron' } }])
})

test('many to many, through the table between', async () => {
  const data = await rows(
    db
      .from('ships')
      .select('id, sailors(name)')
      .lte('id', 2)
      .order('id')
      .order('name', { referencedTable: 'sailors' }),
  )
  assert.deepEqual(data, [
    { id: 1, sailors: [{ name: 'Ingrid' }, { name: 'Tom' }] },
    { id: 2, sailors: [{ name: 'Tom' }] },
  ])
})

test('inner: rows without are left out', async () => {
  const far = await rows(
    db.from('ships').select('id, voyages!inner(tons)').gt('voyages.tons', 800).order('id'),
  )
  assert.deepEqual(far, [
    { id: 1, voyages: [{ tons: 900 }] },
    { id: 4, voyages: [{ tons: 2500 }] },
  ])
  const norwegian = await rows(
    db.from('ships').select('id, ports!inner()').eq('ports.country', 'NO').order('id'),
  )
  assert.deepEqual(norwegian, [{ id: 1 }, { id: 4 }])
  const none = await rows(db.from('ships').select('id, voyages()').is('voyages', null).order('id'))
  assert.deepEqual(none, [{ id: 5 }])
})

test('hints tell two references apart', async () => {
  const voyage = { from: { name: 'Tromsø' }, to: { name: 'Hull' } }
  for (const select of [
    'from:ports!voyages_origin(name), to:ports!voyages_destination(name)',
    'from:ports!origin_id(name), to:ports!destination_id(name)',
    'from:origin_id(name), to:destination_id(name)',
  ]) {
    assert.deepEqual(await rows(db.from('voyages').select(select).eq('id', 1).single()), voyage)
  }
  const arrivals = db.from('ports').select('id, voyages!voyages_destination!inner(id)')
  assert.deepEqual(await rows(arrivals.eq('voyages.id', 3)), [{ id: 3, voyages: [{ id: 3 }] }])
})

test('nested, aliased, through a view', async () => {
  const data = await rows(
    db
      .from('fleet')
      .select('name, home:ports(name), trips:voyages(id, destination_id(country))')
      .eq('id', 2)
      .single(),
  )
  assert.deepEqual(data, {
    name: 'Grey Heron',
    home: { name: 'Hull' },
    trips: [{ id: 3, destination_id: { country: 'IE' } }],
  })
})

test('spread: to one in place, to many as arrays', async () => {
  const one = await rows(db.from('ships').select('name, ...ports(port:name, country)').eq('id', 2))
  assert.deepEqual(one, [{ name: 'Grey Heron', port: 'Hull', country: 'GB' }])
  const many = await rows(
    db
      .from('ships')
      .select('name, ...voyages(trips:id, tons)')
      .eq('id', 1)
      .order('id', { referencedTable: 'voyages' }),
  )
  assert.deepEqual(many, [{ name: 'Polaris', trips: [1, 2], tons: [900, 150] }])
})

test('a computed relationship', async () => {
  const data = await rows(
    db.from('ships').select('longest_voyages(id, tons)').eq('id', 1).single(),
  )
  assert.deepEqual(data.longest_voyages.map((voyage) => voyage.id), [1, 2])
})

test('counts and sums of what is embedded', async () => {
  const data = await rows(
    db.from('ships').select('id, voyages(count(), tons.sum())').lte('id', 2).order('id'),
  )
  assert.deepEqual(data, [
    { id: 1, voyages: [{ count: 2, sum: 1050 }] },
    { id: 2, voyages: [{ count: 1, sum: 400 }] },
  ])
  const older = await rows(db.from('ships').select('voyages(count)').eq('id', 1).single())
  assert.deepEqual(older, { voyages: [{ count: 2 }] })
})

test('ordered by a column of a to-one embed', async () => {
  const data = await rows(
    db.from('voyages').select('id, ships(built)').lte('id', 4).order('ships(built)').order('id'),
  )
  assert.deepEqual(data.map((voyage) => voyage.id), [4, 1, 2, 3])
})

test('an ambiguous embed names the ways to make it plain', async () => {
  const { error, status, statusText } = await db.from('voyages').select('ports(name)')
  assert.deepEqual([status, statusText, error.code], [300, 'Multiple Choices', 'PGRST201'])
  assert.equal(
    error.message,
    "Could not embed because more than one relationship was found for 'voyages' and 'ports'",
  )
  assert.match(error.hint, /^Try changing 'ports' to one of the following: 'ports!voyages_/)
  assert.match(error.hint, /Find the desired relationship in the 'details' key\.$/)
  assert.deepEqual(error.details.map((one) => one.cardinality), ['many-to-one', 'many-to-one'])
})

test('no relationship', async () => {
  const { error, status } = await db.from('ports').select('crew(rank)')
  assert.equal(status, 400)
  assert.deepEqual(
    { ...error },
    {
      code: 'PGRST200',
      message: "Could not find a relationship between 'ports' and 'crew' in the schema cache",
      details:
        "Searched for a foreign key relationship between 'ports' and 'crew' in the schema 'public', but no matches were found.",
      hint: null,
    },
  )
})
