// Passkeys, as a browser's page uses them.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Authenticator } from '../../support/authenticator.mjs'
import { member, serveUrl } from '../../support/client.mjs'

const origin = 'http://localhost:3000'

async function call(method, path, token, body) {
  const response = await fetch(`${serveUrl}/auth/v1${path}`, {
    method,
    headers: {
      'content-type': 'application/json',
      'x-supabase-api-version': '2024-01-01',
      origin,
      ...(token && { authorization: `Bearer ${token}` }),
    },
    body: body && JSON.stringify(body),
  })
  const text = await response.text()
  return { status: response.status, body: text && JSON.parse(text) }
}

test('a passkey is registered, signs in once a challenge, is renamed and removed', async () => {
  const { session, user } = await member()
  const token = session.access_token
  const authenticator = new Authenticator(origin)
  const begun = await call('POST', '/passkeys/registration/options', token, {})
  assert.equal(begun.status, 200, JSON.stringify(begun.body))
  const { challenge_id, options } = begun.body
  assert.equal(options.rp.id, 'localhost')
  assert.equal(options.authenticatorSelection.residentKey, 'required')
  const registered = await call('POST', '/passkeys/registration/verify', token, {
    challenge_id,
    credential: authenticator.create(options),
  })
  assert.equal(registered.status, 200, JSON.stringify(registered.body))

  const asked = await call('POST', '/passkeys/authentication/options', undefined, {})
  assert.equal(asked.body.options.allowCredentials?.length ?? 0, 0)
  const answer = {
    challenge_id: asked.body.challenge_id,
    credential: authenticator.get(asked.body.options),
  }
  const signedIn = await call('POST', '/passkeys/authentication/verify', undefined, answer)
  assert.equal(signedIn.status, 200, JSON.stringify(signedIn.body))
  assert.equal(signedIn.body.user.id, user.id)
  const again = await call('POST', '/passkeys/authentication/verify', undefined, answer)
  assert.deepEqual([again.status, again.body.code], [400, 'webauthn_challenge_not_found'])

  const path = `/passkeys/${registered.body.id}`
  assert.equal((await call('PATCH', path, token, { friendly_name: 'laptop' })).status, 200)
  const listed = await call('GET', '/passkeys', token)
  assert.deepEqual(listed.body.map((one) => one.friendly_name), ['laptop'])
  assert.equal((await call('DELETE', path, token)).status, 204)
  assert.deepEqual((await call('GET', '/passkeys', token)).body, [])
})
