// Sign-up, sign-in and sessions, by supabase-js against `crestfall serve`.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AuthApiError } from '@supabase/supabase-js'
import { member, newAddress, password, serveUrl, visitor } from '../../support/client.mjs'

test('signUp gives a session and a user with metadata', async () => {
  const email = newAddress('Ada').replace('ada', 'ADA')
  const client = visitor()
  const { data, error } = await client.auth.signUp({
    email,
    password,
    options: { data: { plan: 'free' } },
  })
  assert.equal(error, null)
  assert.equal(data.user.email, email.toLowerCase())
  assert.deepEqual(data.user.user_metadata.plan, 'free')
  assert.deepEqual(data.user.app_metadata, { provider: 'email', providers: ['email'] })
  assert.equal(data.user.identities.length, 1)
  assert.equal(data.session.token_type, 'bearer')
  assert.equal(data.session.expires_in, 3600)
})

test('signUp refuses what is wrong with codes', async () => {
  const { email } = await member()
  const cases = [
    [{ email, password }, 422, 'user_already_exists'],
    [{ email: 'nonsense', password }, 400, 'validation_failed'],
    [{ email: newAddress(), password: 'short' }, 422, 'weak_password'],
  ]
  for (const [credentials, status, code] of cases) {
    const { data, error } = await visitor().auth.signUp(credentials)
    assert.ok(error instanceof Error, code)
    assert.deepEqual([error.status, error.code, data.session], [status, code, null])
  }
})

test('signInWithPassword', async () => {
  const { email, user } = await member()
  const client = visitor()
  const { data, error } = await client.auth.signInWithPassword({ email, password })
  assert.equal(error, null)
  assert.equal(data.user.id, user.id)
  const wrong = await client.auth.signInWithPassword({ email, password: 'wrong password' })
  assert.ok(wrong.error instanceof AuthApiError)
  assert.equal(wrong.error.code, 'invalid_credentials')
  assert.equal(wrong.error.message, 'Invalid login credentials')
})

test('signInAnonymously, and an address later', async () => {
  const client = visitor()
  const { data } = await client.auth.signInAnonymously({ options: { data: { from: 'ad' } } })
  assert.equal(data.user.is_anonymous, true)
  assert.equal(data.user.user_metadata.from, 'ad')
  const email = newAddress()
  const updated = await client.auth.updateUser({ email })
  assert.equal(updated.error, null)
  assert.equal(updated.data.user.id, data.user.id)
})

test('getUser asks the server', async () => {
  const { client, user } = await member()
  assert.equal((await client.auth.getUser()).data.user.id, user.id)
  const { error } = await client.auth.getUser('x.y.z')
  assert.deepEqual([error.status, error.code], [403, 'bad_jwt'])
})

test('updateUser changes metadata and password', async () => {
  const { client, email } = await member()
  const first = await client.auth.updateUser({ data: { a: 1, b: 2 } })
  assert.deepEqual([first.data.user.user_metadata.a, first.data.user.user_metadata.b], [1, 2])
  const second = await client.auth.updateUser({ data: { b: null }, password: 'another password' })
  assert.equal(second.error, null)
  assert.equal(second.data.user.user_metadata.a, 1)
  const again = visitor().auth
  const signedIn = await again.signInWithPassword({ email, password: 'another password' })
  assert.equal(signedIn.error, null)
  const same = await client.auth.updateUser({ password: 'another password' })
  assert.equal(same.error.code, 'same_password')
})

test('refreshSession gives new tokens, to parallel calls the same', async () => {
  const { client, session } = await member()
  const refreshed = await client.auth.refreshSession()
  assert.equal(refreshed.error, null)
  assert.notEqual(refreshed.data.session.refresh_token, session.refresh_token)
  const refresh_token = refreshed.data.session.refresh_token
  const both = await Promise.all(
    [visitor(), visitor()].map((one) => one.auth.refreshSession({ refresh_token })),
  )
  const tokens = both.map(({ data, error }) => error ?? data.session.refresh_token)
  assert.equal(tokens[0], tokens[1])
  const unknown = await visitor().auth.refreshSession({ refresh_token: 'nonsense' })
  assert.ok(['refresh_token_not_found', 'validation_failed'].includes(unknown.error.code))
})

test('setSession takes over a session', async () => {
  const { session, user } = await member()
  const client = visitor()
  const { data, error } = await client.auth.setSession(session)
  assert.equal(error, null)
  assert.equal(data.user.id, user.id)
  const { data: own } = await client.from('diary').insert({ line: 'taken over' }).select().single()
  assert.equal(own.owner, user.id)
})

test('signOut by scope', async () => {
  const { client, email } = await member()
  const others = [visitor(), visitor()]
  for (const other of others) await other.auth.signInWithPassword({ email, password })
  assert.equal((await others[0].auth.signOut({ scope: 'local' })).error, null)
  assert.equal((await others[1].auth.getUser()).error, null)
  assert.equal((await client.auth.signOut({ scope: 'others' })).error, null)
  assert.equal((await others[1].auth.refreshSession()).data.session, null)
  assert.equal((await client.auth.getUser()).error, null)
  const { data: before } = await client.auth.getSession()
  assert.equal((await client.auth.signOut({ scope: 'global' })).error, null)
  const after = await visitor().auth.getUser(before.session.access_token)
  assert.notEqual(after.error, null)
})

test('getClaims verifies ES256 by the published keys', async () => {
  const { client, user } = await member()
  const { data, error } = await client.auth.getClaims()
  assert.equal(error, null)
  assert.equal(data.header.alg, 'ES256')
  assert.equal(data.claims.sub, user.id)
  assert.equal(data.claims.role, 'authenticated')
  assert.equal(data.claims.aal, 'aal1')
  assert.equal(data.claims.amr[0].method, 'password')
  const set = await (await fetch(`${serveUrl}/auth/v1/.well-known/jwks.json`)).json()
  const key = set.keys.find(({ kid }) => kid === data.header.kid)
  assert.equal(key.d, undefined)
})

test('row-level security sees the user of the token', async () => {
  const [ada, ben] = [await member(), await member()]
  const inserted = await ada.client.from('diary').insert({ line: "ada's" }).select().single()
  assert.equal(inserted.data.owner, ada.user.id)
  const seen = await ben.client.from('diary').select().eq('id', inserted.data.id)
  assert.deepEqual(seen.data, [])
  const stolen = await ben.client.from('diary').insert({ line: 'x', owner: ada.user.id })
  assert.equal(stolen.error.code, '42501')
  const anybody = await visitor().from('diary').select()
  assert.equal(anybody.error.code, '42501')
})
