// Users in an administrator's hands.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { administrator, member, newAddress, password, visitor } from '../../support/client.mjs'

const { admin } = administrator().auth

test('createUser, getUserById, updateUserById, deleteUser', async () => {
  const email = newAddress()
  const created = await admin.createUser({
    email,
    password,
    email_confirm: true,
    user_metadata: { name: 'Ada' },
    app_metadata: { plan: 'pro' },
  })
  assert.equal(created.error, null)
  const { id } = created.data.user
  assert.equal(created.data.user.app_metadata.plan, 'pro')
  assert.equal((await visitor().auth.signInWithPassword({ email, password })).error, null)
  const updated = await admin.updateUserById(id, { app_metadata: { plan: 'free' } })
  assert.equal(updated.data.user.app_metadata.plan, 'free')
  assert.equal((await admin.getUserById(id)).data.user.user_metadata.name, 'Ada')
  assert.equal((await admin.deleteUser(id)).error, null)
  const gone = await admin.getUserById(id)
  assert.deepEqual([gone.error.status, gone.error.code], [404, 'user_not_found'])
  const taken = await admin.createUser({ email: (await member()).email, password })
  assert.deepEqual([taken.error.status, taken.error.code], [422, 'email_exists'])
})

test('email_confirm false leaves a user unconfirmed', async () => {
  const { data } = await admin.createUser({ email: newAddress(), password, email_confirm: false })
  assert.equal(data.user.email_confirmed_at, undefined)
})

test('listUsers counts and pages, newest first', async () => {
  const { user } = await member()
  const first = await admin.listUsers()
  assert.ok(first.data.users.some(({ id }) => id === user.id))
  const { data } = await admin.listUsers({ page: 1, perPage: 1 })
  assert.equal(data.users.length, 1)
  assert.ok(data.total > 1 && data.lastPage > 1 && data.nextPage === 2)
})

test('signOut ends the sessions of a token', async () => {
  const { client, session } = await member()
  assert.equal((await admin.signOut(session.access_token, 'global')).error, null)
  assert.equal((await client.auth.refreshSession()).data.session, null)
})

test('generateLink gives what a mail would hold', async () => {
  const email = newAddress()
  const redirectTo = 'http://localhost:3000/welcome'
  const { data, error } = await admin.generateLink({
    type: 'signup',
    email,
    password,
    options: { redirectTo },
  })
  assert.equal(error, null)
  assert.equal(data.user.email, email)
  assert.match(data.properties.action_link, /\/verify\?token=/)
  const verified = await visitor().auth.verifyOtp({
    type: 'signup',
    token_hash: data.properties.hashed_token,
  })
  assert.equal(verified.error, null)
  assert.equal(verified.data.user.email, email)
})

test('who is no administrator is refused', async () => {
  const { client } = await member()
  const { data } = await client.auth.getSession()
  const key = data.session.access_token
  const response = await fetch(`${process.env.CRESTFALL_SERVE_URL}/auth/v1/admin/users`, {
    headers: { authorization: `Bearer ${key}`, 'x-supabase-api-version': '2024-01-01' },
  })
  assert.equal(response.status, 403)
  assert.equal((await response.json()).code, 'not_admin')
})
