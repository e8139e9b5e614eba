// Codes and links by mail, as they arrive.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { member, newAddress, visitor } from '../../support/client.mjs'
import { codeIn, latestTo, linkIn } from '../../support/mail.mjs'

test('signInWithOtp, then the code of the mail', async () => {
  const email = newAddress('otp')
  const client = visitor()
  const sent = await client.auth.signInWithOtp({ email })
  assert.equal(sent.error, null)
  const token = codeIn(await latestTo(email))
  const wrong = await client.auth.verifyOtp({
    email,
    type: 'email',
    token: token === '000000' ? '111111' : '000000',
  })
  assert.deepEqual([wrong.error.status, wrong.error.code], [403, 'otp_expired'])
  const { data, error } = await client.auth.verifyOtp({ email, type: 'email', token })
  assert.equal(error, null)
  assert.equal(data.user.email, email)
  const twice = await visitor().auth.verifyOtp({ email, type: 'email', token })
  assert.equal(twice.error.code, 'otp_expired')
})

test('signInWithOtp for nobody', async () => {
  const { error } = await visitor().auth.signInWithOtp({
    email: newAddress('nobody'),
    options: { shouldCreateUser: false },
  })
  assert.deepEqual([error.status, error.code], [422, 'otp_disabled'])
})

test('resetPasswordForEmail, then the link of the mail', async () => {
  const { email, user } = await member()
  const sent = await visitor().auth.resetPasswordForEmail(email)
  assert.equal(sent.error, null)
  const link = linkIn(await latestTo(email))
  const token_hash = link.searchParams.get('token')
  const { data, error } = await visitor().auth.verifyOtp({ type: 'recovery', token_hash })
  assert.equal(error, null)
  assert.equal(data.user.id, user.id)
})
