// The page of examples/client-wasm in a real browser: Rust's client in WebAssembly against the binary.
// scripts/wasm.sh builds it. CRESTFALL_SCREENSHOTS=folder keeps pictures.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { dirname, extname, join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { inspect, launch } from '../support/browser.mjs'
import { newAddress, password, token } from '../support/client.mjs'
import { Postgres } from '../support/postgres.mjs'
import { freePort, start } from '../support/server.mjs'

const binary = process.env.CRESTFALL_BIN
const examples = join(dirname(fileURLToPath(import.meta.url)), '../../../examples')
const running = []
// Without Rust for WebAssembly there is no page.
const skip = existsSync(join(examples, 'client-wasm/pkg')) ? false : 'scripts/wasm.sh has not built it'
let browser
let address

const roles = `
  create role anon nologin;
  create role authenticated nologin;
  create role service_role nologin bypassrls;
  create role authenticator login noinherit;
  grant anon, authenticated, service_role to authenticator;
  grant usage on schema public to anon, authenticated, service_role;
`

before(async () => {
  if (skip) return
  const postgres = await Postgres.start()
  running.push(postgres)
  postgres.load(roles)
  const { PATH, HOME } = process.env
  const migrations = ['--dir', join(examples, 'client-todo/migrations')]
  execFileSync(binary, ['migrate', '--database-url', postgres.url('postgres'), ...migrations], {
    env: { PATH, HOME },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const serve = await startServe(postgres.url('authenticator'))
  running.push(serve)
  const page = await startPage(join(examples, 'client-wasm'))
  running.push(page)
  address = `${page.url}/#${serve.url},${token({ role: 'anon' })}`
  browser = await launch({ domain: 'films.local', spki: '' })
  running.push({ stop: () => browser.close() })
})

after(async () => {
  for (const one of running.reverse()) await one.stop()
})

async function startServe(database) {
  const [port, admin] = [await freePort(), await freePort()]
  const environment = {
    CRESTFALL_AUTH__ENABLED: 'true',
    CRESTFALL_AUTH__ENCRYPTION_KEY: randomBytes(32).toString('hex'),
    CRESTFALL_AUTH__EXTERNAL_URL: `http://127.0.0.1:${port}/auth/v1`,
    CRESTFALL_AUTH__EMAIL__AUTOCONFIRM: 'true',
    CRESTFALL_DATABASE__URL: database,
    CRESTFALL_JWT__SECRET: process.env.CRESTFALL_JWT_SECRET,
    CRESTFALL_SERVER__HOST: '127.0.0.1',
    CRESTFALL_SERVER__PORT: String(port),
    CRESTFALL_ADMIN__PORT: String(admin),
  }
  return start(binary, 'serve', environment, `http://127.0.0.1:${port}`, '/auth/v1/health')
}

/** The files of the page, on an origin of their own. */
async function startPage(folder) {
  const types = { '.html': 'text/html', '.js': 'text/javascript', '.wasm': 'application/wasm' }
  const server = createServer((request, response) => {
    const path = request.url === '/' ? '/index.html' : request.url
    try {
      const file = readFileSync(join(folder, path))
      response.setHeader('content-type', types[extname(path)] ?? 'application/octet-stream')
      response.end(file)
    } catch {
      response.writeHead(404).end()
    }
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  const stop = () => {
    server.closeAllConnections()
    return new Promise((resolve) => server.close(resolve))
  }
  return { url: `http://127.0.0.1:${server.address().port}`, stop }
}

test('a list in WebAssembly: sign up, insert, list, and the next visit is still signed in', { skip }, async () => {
  const context = await browser.newContext()
  const page = await context.newPage()
  const wrong = []
  page.on('pageerror', (error) => wrong.push(error.message))
  const told = (text) => page.waitForFunction(
    (text) => document.getElementById('told').textContent.includes(text), text)
  const listed = () => page.locator('#todos li').allTextContents()
  const email = newAddress('wasm')

  await page.goto(address)
  await told('nobody is signed in')
  await page.fill('#text', 'Nothing')
  await page.click('#add')
  await told('permission denied')
  await page.fill('#email', email)
  await page.fill('#password', password)
  await page.click('#sign-up')
  await told(`signed in as ${email}`)
  for (const text of ['Buy milk', 'Call <b>Ben</b> & "Ann", ü']) {
    await page.fill('#text', text)
    await page.click('#add')
    await page.waitForFunction(
      (text) => document.querySelector('#todos li:last-child')?.textContent === text, text)
  }
  assert.deepEqual(await listed(), ['Buy milk', 'Call <b>Ben</b> & "Ann", ü'])
  await inspect(page, 'wasm')

  const later = await context.newPage()
  await later.goto(address)
  await later.waitForSelector('#todos li:nth-child(2)')

  const stranger = await (await browser.newContext()).newPage()
  await stranger.goto(address)
  await stranger.fill('#email', email)
  await stranger.fill('#password', 'wrong')
  await stranger.click('#sign-in')
  await stranger.waitForFunction(
    () => document.getElementById('told').textContent.includes('Invalid login credentials'))
  await stranger.fill('#password', password)
  await stranger.click('#sign-in')
  await stranger.waitForSelector('#todos li:nth-child(2)')
  assert.deepEqual(wrong, [])
})
