// What people see, in a real browser: the login page behind a real proxy, passkeys, authenticator apps
// and the links of mails. CRESTFALL_SCREENSHOTS=folder keeps pictures.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { startApplication } from '../support/application.mjs'
import { addAuthenticator, inspect, launch } from '../support/browser.mjs'
import { startCaddy } from '../support/caddy.mjs'
import { newAddress, password, token } from '../support/client.mjs'
import { codeIn, latestTo } from '../support/mail.mjs'
import { Postgres } from '../support/postgres.mjs'
import { startProvider } from '../support/provider.mjs'
import { freePort, start } from '../support/server.mjs'
import { totp } from '../support/totp.mjs'

const binary = process.env.CRESTFALL_BIN
const secret = process.env.CRESTFALL_JWT_SECRET
// Below a domain that Caddy certifies by itself.
const domain = 'films.local'
const running = []
let browser
let serve
let auth
let app
let provider

before(async () => {
  const port = await freePort()
  auth = `https://auth.${domain}:${port}`
  app = `https://app.${domain}:${port}`
  const application = await startApplication({ authUrl: auth, key: token({ role: 'anon' }) })
  running.push(application)
  provider = await startProvider([])
  running.push(provider)
  const postgres = await Postgres.start()
  running.push(postgres)
  serve = await startServe(postgres)
  running.push(serve)
  const crestfall = new URL(serve.url).host
  const caddy = await startCaddy({ domain, port, crestfall, app: application.address })
  running.push(caddy)
  browser = await launch({ domain, spki: caddy.spki })
  running.push({ stop: () => browser.close() })
})

after(async () => {
  for (const one of running.reverse()) await one.stop()
})

const roles = `
  create role anon nologin;
  create role authenticated nologin;
  create role service_role nologin bypassrls;
  create role authenticator login noinherit;
  grant anon, authenticated, service_role to authenticator;
`

async function startServe(postgres) {
  const { PATH, HOME } = process.env
  postgres.load(roles)
  const migrate = ['migrate', '--database-url', postgres.url('postgres')]
  execFileSync(binary, migrate, { env: { PATH, HOME }, stdio: ['ignore', 'ignore', 'inherit'] })
  const folder = mkdtempSync(join(tmpdir(), 'crestfall-browser-'))
  running.push({ stop: () => rmSync(folder, { recursive: true, force: true }) })
  const file = join(folder, 'crestfall.toml')
  const [port, admin] = [await freePort(), await freePort()]
  writeFileSync(file, settings(postgres.url('authenticator'), port, admin))
  return start(binary, ['serve', '--config', file], {}, `http://127.0.0.1:${port}`, '/auth/v1/health')
}

function settings(database, port, admin) {
  return `
[database]
url = "${database}"
[server]
host = "127.0.0.1"
port = ${port}
trusted_proxies = 1
[admin]
port = ${admin}
[jwt]
secret = "${secret}"
[auth]
enabled = true
encryption_key = "${randomBytes(32).toString('hex')}"
external_url = "${auth}/auth/v1"
site_url = "${app}/account"
catch_mail = true
manual_linking = true
[auth.email]
autoconfirm = true
max_frequency = "0s"
[auth.egress]
allow = ["${provider.host}"]
[auth.providers.github]
enabled = true
client_id = ["films"]
secret = "a secret of the test"
url = "http://${provider.host}"
[auth.passkeys]
enabled = true
[auth.webauthn]
rp_id = "${domain}"
rp_display_name = "Films"
rp_origins = ["${app}", "${auth}"]
[auth.cookies]
domain = "${domain}"
[auth.forward_auth]
domains = ["${domain}"]
[[auth.forward_auth.rules]]
paths = ["/account"]
policy = "bypass"
[[auth.forward_auth.rules]]
paths = ["/vault"]
policy = "two_factor"
[[auth.forward_auth.rules]]
domains = ["app.${domain}"]
policy = "one_factor"
`
}

/** A page in a browser that knows nobody, the size of a phone or a desk. */
async function visit(options = {}) {
  const context = await browser.newContext(options)
  const page = await context.newPage()
  page.setDefaultTimeout(15_000)
  return page
}

/** A new user, signed in to the application's own page. */
async function signUp(page) {
  const email = newAddress('browser')
  await page.goto(`${app}/account`)
  const refused = await page.evaluate(
    async (credentials) => (await globalThis.client.auth.signUp(credentials)).error?.message,
    { email, password },
  )
  assert.equal(refused, undefined)
  assert.equal(await page.textContent('#user'), email)
  return email
}

async function enterPassword(page, email, secret = password) {
  await page.getByLabel('E-mail address').first().fill(email)
  await page.getByLabel('Password').fill(secret)
  await page.keyboard.press('Enter')
}

test('a guarded page leads to the login page, and the password back to it', async () => {
  const page = await visit({ viewport: { width: 390, height: 844 } })
  const email = await signUp(await visit())
  await page.goto(`${app}/films?year=1927`)
  assert.equal(new URL(page.url()).origin, auth)
  assert.equal(await page.title(), 'Sign in')
  await page.getByRole('button', { name: 'Sign in with a passkey' }).waitFor()
  await inspect(page, 'login')

  await enterPassword(page, email, 'not the password')
  await page.getByRole('alert').first().waitFor()
  assert.match(await page.textContent('[role=alert]'), /address or password is wrong/)
  assert.equal(await page.getByLabel('E-mail address').first().inputValue(), email)
  assert.equal(await page.evaluate(() => globalThis.document.activeElement.id), 'password')
  await inspect(page, 'login-wrong')

  await enterPassword(page, email)
  await page.waitForURL(`${app}/films?year=1927`)
  assert.equal(await page.textContent('#user'), email)

  await page.goto(`${auth}/auth/v1/login`)
  await page.getByText(`You are signed in as ${email}`).waitFor()
  await inspect(page, 'signed-in')
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.getByText('You are signed out.').waitFor()
  await inspect(page, 'signed-out')
  await page.goto(`${app}/films`)
  assert.equal(new URL(page.url()).origin, auth)
})

test('a passkey made with supabase-js signs in on the login page', async () => {
  const page = await visit()
  const authenticator = await addAuthenticator(page)
  const email = await signUp(page)
  const made = await page.evaluate(async () => {
    const { data, error } = await globalThis.client.auth.registerPasskey()
    return { id: data?.id, error: error?.message }
  })
  assert.equal(made.error, undefined)
  const [credential] = await authenticator.credentials()
  assert.deepEqual([credential.rpId, credential.isResidentCredential], [domain, true])

  await page.goto(`${app}/films`)
  const button = page.getByRole('button', { name: 'Sign in with a passkey' })
  await button.click()
  await page.waitForURL(`${app}/films`)
  assert.equal(await page.textContent('#user'), email)

  const [used] = await authenticator.credentials()
  assert.ok(used.signCount > credential.signCount)
})

test('a browser without a passkey is told so and can go on', async () => {
  const page = await visit()
  await addAuthenticator(page)
  await page.goto(`${app}/films`)
  await page.getByRole('button', { name: 'Sign in with a passkey' }).click()
  await page.getByText('No passkey was chosen').waitFor()
  await inspect(page, 'passkey-none')
  assert.ok(await page.getByLabel('Password').isVisible())
})

test('an authenticator app is set up by its QR code, and asked for where two factors are needed', async () => {
  const page = await visit()
  const email = await signUp(page)
  const uri = await enrol(page)
  assert.match(uri, /^otpauth:\/\/totp\//)
  assert.match(decodeURIComponent(uri), new RegExp(email))
  const secret = new URL(uri).searchParams.get('secret')
  const verified = await page.evaluate(async (code) => {
    const { data, error } = await globalThis.client.auth.mfa.challengeAndVerify({
      factorId: globalThis.factor,
      code,
    })
    return data ? 'verified' : error.message
  }, totp(secret))
  assert.equal(verified, 'verified')

  const other = await visit()
  await other.goto(`${app}/vault`)
  await enterPassword(other, email)
  await other.getByLabel('Code from your authenticator app').waitFor()
  await inspect(other, 'second-step')
  await other.getByLabel('Code from your authenticator app').fill('000 000')
  await other.keyboard.press('Enter')
  await other.getByText('The code is wrong or has expired.').waitFor()
  assert.ok(await other.getByRole('button', { name: 'Sign out' }).isVisible())
  await inspect(other, 'second-step-wrong')
  // The code of now has been used: this is the next one, which clocks that go wrong may bring too.
  await other.getByLabel('Code from your authenticator app').fill(totp(secret, 1))
  await other.keyboard.press('Enter')
  await other.waitForURL(`${app}/vault`)
  assert.equal(await other.textContent('#user'), email)
})

/** What the QR code says that is shown. */
async function enrol(page) {
  const refused = await page.evaluate(async () => {
    const { client, document } = globalThis
    const { data, error } = await client.auth.mfa.enroll({ factorType: 'totp' })
    if (error) return error.message
    globalThis.factor = data.id
    const image = document.createElement('img')
    image.alt = 'QR code for your authenticator app'
    image.width = image.height = 256
    image.src = data.totp.qr_code
    document.getElementById('shown').replaceChildren(image)
    await image.decode()
  })
  assert.equal(refused, undefined)
  await inspect(page, 'qr-code')
  return page.evaluate(() => {
    const { document, jsQR } = globalThis
    const canvas = document.createElement('canvas')
    canvas.width = canvas.height = 512
    const context = canvas.getContext('2d')
    context.fillStyle = 'white'
    context.fillRect(0, 0, 512, 512)
    context.drawImage(document.querySelector('#shown img'), 16, 16, 480, 480)
    return jsQR(context.getImageData(0, 0, 512, 512).data, 512, 512)?.data
  })
}

test('the link of a mail is pressed in the mail, and its page signs in', async () => {
  const page = await visit()
  const email = await signUp(await visit())
  await page.goto(`${app}/account`)
  const refused = await page.evaluate(
    async (email) => (await globalThis.client.auth.signInWithOtp({ email })).error?.message,
    email,
  )
  assert.equal(refused, undefined)
  await latestTo(email, 'mail', serve.url)
  await page.goto(`${serve.url}/mail`)
  await inspect(page, 'mail-list')
  await page.getByRole('link', { name: email }).first().click()
  const link = page.frameLocator('iframe').getByRole('link').first()
  await link.waitFor()
  await inspect(page, 'mail')
  const opened = page.context().waitForEvent('page')
  await link.click()
  const landing = await opened
  await landing.getByRole('button', { name: 'Sign in' }).waitFor()
  await inspect(landing, 'link')
  // A scanner with a browser of its own runs what the page has, presses nothing, and uses nothing up.
  const scanner = await (await visit()).context().newPage()
  await scanner.goto(landing.url())
  await scanner.getByRole('button', { name: 'Sign in' }).waitFor()
  await landing.getByRole('button', { name: 'Sign in' }).click()
  await landing.waitForURL(`${app}/account**`)
  await landing.getByText(email).waitFor()
})

test('the login page sends a code by mail, and takes it', async () => {
  const page = await visit()
  const email = await signUp(await visit())
  await page.goto(`${app}/films`)
  await page.getByText('Sign in without a password').click()
  await inspect(page, 'login-without-password')
  await page.locator('#mail').fill(email)
  await page.getByRole('button', { name: 'Send me a link and a code' }).click()
  await page.getByLabel('Code from the mail').waitFor()
  await inspect(page, 'mailed')
  const code = codeIn(await latestTo(email, 'mail', serve.url))
  await page.getByLabel('Code from the mail').fill(code)
  await page.keyboard.press('Enter')
  await page.waitForURL(`${app}/films`)
  assert.equal(await page.textContent('#user'), email)
})

/** The providers of the one who is signed in. */
function providers(page) {
  return page.evaluate(async () => {
    const { data } = await globalThis.client.auth.getUserIdentities()
    return data.identities.map((one) => one.provider)
  })
}

test('an account at a provider is linked once the button of our page is pressed', async () => {
  for (const [size, viewport] of [
    ['phone', { width: 390, height: 844 }],
    ['desk', { width: 1280, height: 800 }],
  ]) {
    const page = await visit({ viewport })
    const email = await signUp(page)
    provider.people.push({ id: size.length, name: 'ada', email: newAddress('provider') })
    await page.evaluate((redirectTo) => {
      // It leaves the page: nothing comes of waiting for it.
      void globalThis.client.auth.linkIdentity({ provider: 'github', options: { redirectTo } })
    }, `${app}/account`)
    const button = page.getByRole('button', { name: 'Link accounts' })
    await button.waitFor()
    assert.equal(new URL(page.url()).origin, auth)
    assert.ok(await page.getByText(email).isVisible())
    await inspect(page, `link-identity-${size}`)
    await button.click()
    // Form, redirect and the application's own page: nothing of it is held up by the page's policy.
    await page.waitForURL(`${app}/account**`)
    await page.getByText(email).waitFor()
    assert.deepEqual(await providers(page), ['email', 'github'])
  }
})

test('who was led to the page that links by somebody else is asked, and closes it', async () => {
  const eve = await visit()
  const email = await signUp(eve)
  const url = await eve.evaluate(async () => {
    const options = { skipBrowserRedirect: true }
    const { data } = await globalThis.client.auth.linkIdentity({ provider: 'github', options })
    return data.url
  })
  provider.people.push({ id: 77, name: 'victim', email: newAddress('victim') })
  const victim = await visit()
  await victim.goto(url)
  await victim.getByRole('button', { name: 'Link accounts' }).waitFor()
  assert.ok(await victim.getByText(email).isVisible())
  await victim.close()
  assert.deepEqual(await providers(eve), ['email'])
})
