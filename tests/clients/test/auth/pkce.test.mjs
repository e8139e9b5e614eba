// PKCE: the link of a mail gives a code, which only its asker can exchange.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { newAddress, visitor } from '../../support/client.mjs'
import { latestTo, linkIn } from '../../support/mail.mjs'

test('exchangeCodeForSession', async () => {
  const email = newAddress('pkce')
  const asker = visitor({ flowType: 'pkce' })
  assert.equal((await asker.auth.signInWithOtp({ email })).error, null)
  const followed = await press(linkIn(await latestTo(email)))
  assert.ok([302, 303].includes(followed.status), String(followed.status))
  const code = new URL(followed.headers.get('location')).searchParams.get('code')
  assert.ok(code)
  const { data, error } = await asker.auth.exchangeCodeForSession(code)
  assert.equal(error, null)
  assert.equal(data.user.email, email)
  const again = await asker.auth.exchangeCodeForSession(code)
  assert.notEqual(again.error, null)
})

/** Opens a link and presses the button of its page: opening alone, as scanners of mail do, is nothing. */
async function press(link) {
  const page = await (await fetch(link)).text()
  const [input] = /<[^>]*name="?press"?[^>]*>/.exec(page) ?? ['']
  const [, value] = /value="?([^" >]*)/.exec(input) ?? []
  const body = new URLSearchParams({ press: value ?? '' })
  return fetch(link, { method: 'POST', body, redirect: 'manual' })
}
