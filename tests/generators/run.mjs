// Starts a PostgreSQL and the binary, takes the documents from it, makes clients of them with
// generators, and runs one scenario with each.
//
//   node run.mjs                      every generator
//   node run.mjs fetch python         these alone
//   node run.mjs schemathesis         a bounded run of schemathesis
//
// CRESTFALL_BIN names the binary (default: target/debug/crestfall); `python` and `schemathesis` need
// the virtual environment, `rust` needs cargo, `go` needs Go: scripts/test-generators.sh sees to them.
import { execFileSync, spawn } from 'node:child_process'
import { createHmac, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { copyFileSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Postgres } from '../clients/support/postgres.mjs'
import { freePort, start } from '../clients/support/server.mjs'

const here = dirname(fileURLToPath(import.meta.url))
const target = resolve(here, '../..', process.env.CARGO_TARGET_DIR ?? 'target')
const binary = resolve(process.env.CRESTFALL_BIN ?? join(target, 'debug/crestfall'))
const out = join(target, 'generators')
const venv = join(out, 'venv/bin')
const secret = randomBytes(32).toString('hex')
const generators = { fetch: openapiFetch, hey: heyApi, python, go: oapiCodegen, rust: progenitor, schemathesis }

const asked = process.argv.slice(2)
const unknown = asked.filter((name) => !generators[name])
if (unknown.length) throw new Error(`no such generator: ${unknown}; there are ${Object.keys(generators)}`)
const running = []
const failed = []

try {
  const postgres = await Postgres.start()
  running.push(postgres)
  postgres.load(readFileSync(join(here, 'fixture.sql')))
  migrate(postgres)
  const server = await serve(postgres.url('authenticator'))
  running.push(server)
  mkdirSync(out, { recursive: true })
  const documents = await fetchDocuments(server.url)
  for (const name of asked.length ? asked : ['fetch', 'hey', 'python', 'go', 'rust']) {
    const began = Date.now()
    console.log(`== ${name}`)
    try {
      await generators[name](server.url, documents)
      console.log(`== ${name}: ${((Date.now() - began) / 1000).toFixed(1)} s`)
    } catch (error) {
      console.error(`== ${name} FAILED: ${error.message}`)
      failed.push(name)
    }
    // Each begins with an empty database.
    postgres.load('truncate directors, films, notes restart identity cascade; truncate auth.users cascade')
  }
} finally {
  for (const one of running.reverse()) await one.stop()
}
process.exitCode = failed.length ? 1 : 0

function migrate(postgres) {
  const { PATH, HOME } = process.env
  execFileSync(binary, ['migrate', '--database-url', postgres.url('postgres')], {
    cwd: here,
    env: { PATH, HOME },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
}

async function serve(database) {
  const [port, admin] = [await freePort(), await freePort()]
  const environment = {
    CRESTFALL_AUTH__ENABLED: 'true',
    CRESTFALL_AUTH__ENCRYPTION_KEY: randomBytes(32).toString('hex'),
    CRESTFALL_AUTH__EXTERNAL_URL: `http://127.0.0.1:${port}/auth/v1`,
    CRESTFALL_AUTH__SITE_URL: 'http://localhost:3000',
    CRESTFALL_AUTH__CATCH_MAIL: 'true',
    CRESTFALL_AUTH__EMAIL__AUTOCONFIRM: 'true',
    CRESTFALL_AUTH__PASSKEYS__ENABLED: 'true',
    CRESTFALL_AUTH__OAUTH_SERVER__ENABLED: 'true',
    // Every request comes from one address.
    CRESTFALL_AUTH__RATE_LIMITS__OTP: 'off',
    CRESTFALL_AUTH__RATE_LIMITS__VERIFY: 'off',
    CRESTFALL_AUTH__RATE_LIMITS__ANONYMOUS_USERS: 'off',
    CRESTFALL_AUTH__RATE_LIMITS__TOKEN_REFRESH: 'off',
    CRESTFALL_RBAC__ENABLED: 'true',
    CRESTFALL_DATABASE__URL: database,
    CRESTFALL_JWT__SECRET: secret,
    // The fixture's films are everybody's, without row-level security.
    CRESTFALL_REST__UNPROTECTED: 'true',
    CRESTFALL_SERVER__HOST: '127.0.0.1',
    CRESTFALL_SERVER__PORT: String(port),
    CRESTFALL_ADMIN__PORT: String(admin),
  }
  return start(binary, 'serve', environment, `http://127.0.0.1:${port}`, '/rest/v1/films')
}

/** What a user who is signed in sees; the user's token goes with it. */
async function fetchDocuments(url) {
  const body = JSON.stringify({ email: 'document@example.org', password: 'correct horse battery' })
  const signUp = await fetch(`${url}/auth/v1/signup`, { method: 'POST', body })
  const { access_token: token } = await signUp.json()
  const documents = { token }
  for (const [name, path] of [['newest', '/openapi.json'], ['older', '/openapi-3.0.json']]) {
    documents[name] = await fetchDocument(url + path, path.slice(1), token)
  }
  return documents
}

/** A document as the holder of a token sees it, or anybody without one. */
async function fetchDocument(url, name, token) {
  const answer = await fetch(url, { headers: token ? { authorization: `Bearer ${token}` } : {} })
  if (!answer.ok) throw new Error(`${url}: ${answer.status} ${await answer.text()}`)
  const file = join(out, name)
  writeFileSync(file, await answer.text())
  return file
}

/** Runs a program to its end; beside it the server's log has to be read, so nothing blocks. */
async function run(program, args, options = {}) {
  const child = spawn(program, args, { cwd: here, stdio: ['ignore', 'inherit', 'inherit'], ...options })
  const [code, signal] = await once(child, 'exit')
  if (code !== 0) throw new Error(`${program} ${args[0]} ended with ${code ?? signal}`)
}

/** A place for what a generator makes, from where packages are found. */
function fresh(name) {
  const directory = join(out, name)
  rmSync(directory, { recursive: true, force: true })
  mkdirSync(directory, { recursive: true })
  return directory
}

async function typescript(name, url, generate) {
  const directory = fresh(name)
  symlinkSync(join(here, 'node_modules'), join(directory, 'node_modules'))
  writeFileSync(join(directory, 'package.json'), '{ "type": "module" }')
  writeFileSync(join(directory, 'tsconfig.json'), JSON.stringify({
    compilerOptions: {
      strict: true, noUncheckedIndexedAccess: true, target: 'es2022', module: 'esnext',
      moduleResolution: 'bundler', noEmit: true, lib: ['es2022', 'dom', 'dom.iterable'], types: ['node'],
    },
    include: ['**/*.ts'], exclude: ['node_modules', 'js'],
  }))
  copyFileSync(join(here, 'steps.ts'), join(directory, 'steps.ts'))
  copyFileSync(join(here, name, 'scenario.ts'), join(directory, 'scenario.ts'))
  await generate(directory)
  await run(process.execPath, [join(here, 'node_modules/typescript/bin/tsc'), '-p', directory])
  await run(join(here, 'node_modules/.bin/esbuild'), ['scenario.ts', '--bundle', '--platform=node', '--format=esm',
    '--outfile=js/scenario.js', '--log-level=warning'], { cwd: directory })
  await run(process.execPath, [join(directory, 'js/scenario.js'), url])
}

async function openapiFetch(url, { newest }) {
  await typescript('fetch', url, (directory) =>
    run(join(here, 'node_modules/.bin/openapi-typescript'), [newest, '-o', 'schema.d.ts'], { cwd: directory }))
}

async function heyApi(url, { newest }) {
  await typescript('hey', url, (directory) =>
    run(join(here, 'node_modules/.bin/openapi-ts'), ['-i', newest, '-o', 'client', '--silent'], { cwd: directory }))
}

async function python(url, { newest }) {
  const directory = fresh('python')
  const made = join(directory, 'client')
  await run(join(venv, 'openapi-python-client'), ['generate', '--path', newest, '--meta', 'none', '--output-path', made], {
    env: { ...process.env, PATH: `${venv}:${process.env.PATH}` },
  })
  await run(join(venv, 'python'), ['python/scenario.py', url], {
    env: { ...process.env, PYTHONPATH: directory, PYTHONDONTWRITEBYTECODE: '1' },
  })
}

async function oapiCodegen(url, { older }) {
  const directory = fresh('go')
  for (const name of ['go.mod', 'go.sum', 'main.go']) copyFileSync(join(here, 'go', name), join(directory, name))
  mkdirSync(join(directory, 'client'))
  await run('go', ['tool', 'oapi-codegen', '-package', 'client', '-generate', 'types,client', '-o', 'client/client.go',
    older], { cwd: directory })
  await run('go', ['vet', './...'], { cwd: directory })
  await run('go', ['run', '.', url], { cwd: directory })
}

async function progenitor(url, { older }) {
  await run('cargo', ['run', '--quiet', '--locked', '--manifest-path', 'rust/Cargo.toml', '--', url], {
    env: { ...process.env, OPENAPI: older, CARGO_TARGET_DIR: join(out, 'cargo') },
  })
}

/** A token of a role that no user has. */
function roleToken(role) {
  const encoded = (value) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const signed = `${encoded({ alg: 'HS256', typ: 'JWT' })}.${encoded({ role, exp: Math.floor(Date.now() / 1000) + 3600 })}`
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`
}

/**
 * Looks for failures of the server and for answers that the document does not tell: as anybody, as a user
 * and as a service, each by the document that they see.
 */
async function schemathesis(url) {
  const checks = ['not_a_server_error', 'status_code_conformance', 'content_type_conformance',
    'response_headers_conformance', 'response_schema_conformance']
  const seconds = Number(process.env.SECONDS ?? 60)
  const body = JSON.stringify({ email: 'schemathesis@example.org', password: 'correct horse battery' })
  const { access_token: user } = await (await fetch(`${url}/auth/v1/signup`, { method: 'POST', body })).json()
  // What ends the session by which everything is asked is left out.
  const ends = '/auth/v1/(logout|user/sessions)'
  const failures = []
  for (const [name, token, left] of [['anon'], ['user', user, ends], ['service', roleToken('service_role')]]) {
    const document = await fetchDocument(`${url}/openapi.json`, `openapi-${name}.json`, token)
    console.log(`-- schemathesis as ${name}`)
    const asked = run(join(venv, 'schemathesis'), ['run', document, '--url', url,
      '--checks', checks.join(','), '--mode', process.env.MODE ?? 'positive', '--phases', 'examples,fuzzing', '--seed', '1',
      '--max-examples', process.env.EXAMPLES ?? '8', '--max-time', String(seconds), '--continue-on-failure',
      '--warnings', 'off',
      // The document requires it of writes: without it PostgREST's answer is 201 or 204 and no body.
      '--header', 'Prefer: return=representation', ...(token ? ['--header', `Authorization: Bearer ${token}`] : []),
      ...(left ? ['--exclude-path-regex', left] : [])], { cwd: out })
    // What the others find is worth knowing too.
    await asked.catch((error) => failures.push(`as ${name}: ${error.message}`))
  }
  if (failures.length) throw new Error(failures.join('; '))
}
