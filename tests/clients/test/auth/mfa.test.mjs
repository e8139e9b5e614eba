// A second factor: an authenticator app.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { member } from '../../support/client.mjs'
import { totp as codeOf } from '../../support/totp.mjs'

test('TOTP: enroll, challenge, verify, unenroll', async () => {
  const { client } = await member()
  const enrolled = await client.auth.mfa.enroll({
    factorType: 'totp',
    friendlyName: 'phone',
    issuer: 'Crestfall',
  })
  assert.equal(enrolled.error, null)
  const { id, totp } = enrolled.data
  assert.match(totp.uri, /^otpauth:\/\/totp\//)
  assert.match(totp.qr_code, /^data:image\/svg\+xml/)

  const wrong = await client.auth.mfa.challengeAndVerify({ factorId: id, code: '000000' })
  assert.equal(wrong.error.code, 'mfa_verification_failed')
  const challenge = await client.auth.mfa.challenge({ factorId: id })
  assert.equal(challenge.error, null)
  const verified = await client.auth.mfa.verify({
    factorId: id,
    challengeId: challenge.data.id,
    code: codeOf(totp.secret),
  })
  assert.equal(verified.error, null)

  const level = await client.auth.mfa.getAuthenticatorAssuranceLevel()
  assert.deepEqual([level.data.currentLevel, level.data.nextLevel], ['aal2', 'aal2'])
  assert.equal((await client.auth.mfa.listFactors()).data.totp.length, 1)
  const removed = await client.auth.mfa.unenroll({ factorId: id })
  assert.deepEqual([removed.error, removed.data.id], [null, id])
  assert.equal((await client.auth.mfa.listFactors()).data.totp.length, 0)
})
