import assert from 'node:assert/strict'
import { test } from 'node:test'
import { db } from '../support/client.mjs'

const cargo = () => db.from('cargo')
const stored = async (prefix) => {
  const { data } = await cargo().select('code, tons, note').like('code', `${prefix}%`).order('code')
  return data.map(({ code, tons, note }) => [code, tons, note])
}

test('insert: nothing back, or the row', async () => {
  const bare = await cargo().insert({ code: 'ins-1' })
  assert.deepEqual([bare.error, bare.data, bare.status, bare.statusText], [null, null, 201, 'Created'])
  const { data, status } = await cargo()
    .insert({ code: 'ins-2', tons: 7, ship_id: 1 })
    .select('code, tons, note, ships(name)')
    .single()
  assert.equal(status, 201)
  assert.deepEqual(data, { code: 'ins-2', tons: 7, note: 'none', ships: { name: 'Polaris' } })
  assert.deepEqual(await stored('ins-'), [['ins-1', 1, 'none'], ['ins-2', 7, 'none']])
})

test('many at once: missing keys are null, or defaults', async () => {
  const rows = [{ code: 'bulk-1', tons: 2, note: 'x' }, { code: 'bulk-2', tons: 3 }]
  const nulls = await cargo().insert(rows, { count: 'exact' }).select('code, note')
  assert.equal(nulls.count, 2)
  assert.deepEqual(nulls.data, [{ code: 'bulk-1', note: 'x' }, { code: 'bulk-2', note: null }])
  const more = [{ code: 'bulk-3', note: 'y' }, { code: 'bulk-4', tons: 9 }]
  const defaults = await cargo().insert(more, { defaultToNull: false }).select('code, tons, note')
  assert.deepEqual(defaults.data, [
    { code: 'bulk-3', tons: 1, note: 'y' },
    { code: 'bulk-4', tons: 9, note: 'none' },
  ])
})

test('many at once: one bad row, and none is kept', async () => {
  const { error, status } = await cargo().insert([{ code: 'all-1', tons: 1 }, { code: 'all-2', tons: -1 }])
  assert.deepEqual([status, error.code], [400, '23514'])
  assert.deepEqual(await stored('all-'), [])
})

test('upsert: merged, ignored, by a column of choice', async () => {
  await cargo().insert({ code: 'up-1', tons: 1 })
  const merged = await cargo()
    .upsert({ code: 'up-1', tons: 5 }, { onConflict: 'code' })
    .select('code, tons')
  assert.deepEqual([merged.status, merged.data], [200, [{ code: 'up-1', tons: 5 }]])
  const mixed = await cargo()
    .upsert([{ code: 'up-1', tons: 6 }, { code: 'up-2', tons: 2 }], { onConflict: 'code' })
    .select('tons')
  assert.deepEqual([mixed.status, mixed.data.length], [201, 2])
  const ignored = await cargo()
    .upsert({ code: 'up-1', tons: 99 }, { onConflict: 'code', ignoreDuplicates: true })
    .select()
  assert.deepEqual([ignored.status, ignored.data], [201, []])
  assert.deepEqual(await stored('up-'), [['up-1', 6, 'none'], ['up-2', 2, 'none']])
})

test('update: by filter, with and without the rows', async () => {
  await cargo().insert([{ code: 'upd-1' }, { code: 'upd-2' }])
  const bare = await cargo().update({ note: 'wet' }, { count: 'exact' }).eq('code', 'upd-1')
  assert.deepEqual([bare.error, bare.data, bare.status, bare.count], [null, null, 204, 1])
  assert.equal(bare.statusText, 'No Content')
  const { data, status } = await cargo()
    .update({ tons: 4 })
    .like('code', 'upd-%')
    .select('code, tons')
    .order('code', { ascending: false })
  assert.equal(status, 200)
  assert.deepEqual(data, [{ code: 'upd-2', tons: 4 }, { code: 'upd-1', tons: 4 }])
  const none = await cargo().update({ tons: 4 }).eq('code', 'upd-9').select()
  assert.deepEqual([none.status, none.data], [200, []])
})

test('delete: by filter, with and without the rows', async () => {
  await cargo().insert([{ code: 'del-1' }, { code: 'del-2' }, { code: 'del-3' }])
  const bare = await cargo().delete().eq('code', 'del-1')
  assert.deepEqual([bare.error, bare.data, bare.status], [null, null, 204])
  const { data, count } = await cargo()
    .delete({ count: 'exact' })
    .in('code', ['del-2', 'del-9'])
    .select('code')
  assert.deepEqual([data, count], [[{ code: 'del-2' }], 1])
  assert.deepEqual(await stored('del-'), [['del-3', 1, 'none']])
})

test('the caller undoes it by preference', async () => {
  const { data, status } = await cargo().insert({ code: 'undo-1' }).select('code').rollback()
  assert.deepEqual([status, data], [201, [{ code: 'undo-1' }]])
  assert.deepEqual(await stored('undo-'), [])
})

test('no more rows than the caller expects', async () => {
  await cargo().insert([{ code: 'max-1' }, { code: 'max-2' }])
  const { error, status } = await cargo().delete().like('code', 'max-%').maxAffected(1)
  assert.deepEqual([status, error.code], [400, 'PGRST124'])
  assert.equal((await stored('max-')).length, 2)
  const enough = await cargo().delete().like('code', 'max-%').maxAffected(2)
  assert.equal(enough.status, 204)
})

test('odd texts come back as they were', async () => {
  const note = 'a "quoted" \\ line\nand \u0001 ünï 🚢 \u2028'
  const { data } = await cargo().insert({ code: 'odd-1', note }).select('note').single()
  assert.deepEqual(data, { note })
})

test('what the database refuses', async () => {
  await cargo().insert({ code: 'ref-1' })
  const twice = await cargo().insert({ code: 'ref-1' })
  assert.deepEqual([twice.status, twice.statusText], [409, 'Conflict'])
  assert.deepEqual(
    { ...twice.error },
    {
      code: '23505',
      message: 'duplicate key value violates unique constraint "cargo_code_key"',
      details: 'Key (code)=(ref-1) already exists.',
      hint: null,
    },
  )
  const orphan = await cargo().insert({ code: 'ref-2', ship_id: 99 })
  assert.deepEqual([orphan.status, orphan.error.code], [409, '23503'])
  const missing = await cargo().insert({ tons: 1 })
  assert.deepEqual([missing.status, missing.error.code], [400, '23502'])
  const unknown = await cargo().insert({ code: 'ref-3', colour: 'red' })
  assert.deepEqual([unknown.status, unknown.error.code], [400, 'PGRST204'])
  assert.equal(
    unknown.error.message,
    "Could not find the 'colour' column of 'cargo' in the schema cache",
  )
})
