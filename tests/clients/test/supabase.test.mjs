import assert from 'node:assert/strict'
import { test } from 'node:test'
import { supabase, token } from '../support/client.mjs'

const ada = supabase({ role: 'authenticated', sub: 'ada' })

test('from', async () => {
  const { data, error, count } = await ada
    .from('ships')
    .select('name, ports!inner(name)', { count: 'exact' })
    .eq('ports.country', 'NO')
    .order('id')
  assert.equal(error, null)
  assert.equal(count, 2)
  assert.deepEqual(data, [
    { name: 'Polaris', ports: { name: 'Tromsø' } },
    { name: 'polar star', ports: { name: 'Tromsø' } },
  ])
})

test('the key is a token', async () => {
  const { data } = await ada.rpc('whoami')
  assert.deepEqual([data.role, data.sub], ['authenticated', 'ada'])
  const lines = await ada.from('logbook').select('line').eq('line', 'first watch')
  assert.deepEqual(lines.data, [{ line: 'first watch' }])
  const anonymous = await supabase({ role: 'anon' }).from('logbook').select()
  assert.equal(anonymous.error.code, '42501')
})

test('the key alone, without Authorization', async () => {
  const url = `${process.env.CRESTFALL_SERVE_URL}/rest/v1/rpc/whoami`
  const apikey = token({ role: 'authenticated', sub: 'ada' })
  const response = await fetch(url, { headers: { apikey } })
  assert.equal((await response.json()).sub, 'ada')
})

test('writes', async () => {
  const inserted = await ada.from('logbook').insert({ line: 'by supabase-js' }).select().single()
  assert.equal(inserted.data.author, 'ada')
  const { id } = inserted.data
  const updated = await ada.from('logbook').update({ line: 'changed' }).eq('id', id).select('line')
  assert.deepEqual(updated.data, [{ line: 'changed' }])
  const deleted = await ada.from('logbook').delete().eq('id', id)
  assert.deepEqual([deleted.error, deleted.status], [null, 204])
})

test('a schema that is not exposed', async () => {
  const { error } = await ada.schema('archive').from('wrecks').select()
  assert.equal(error.code, 'PGRST106')
})

test('the description of the API at its root', async () => {
  for (const path of ['/rest/v1/', '/rest/v1', '/postgresql/rest/']) {
    const response = await fetch(process.env.CRESTFALL_SERVE_URL + path)
    assert.equal(response.status, 200, path)
    assert.ok('/ships' in (await response.json()).paths, path)
  }
})
