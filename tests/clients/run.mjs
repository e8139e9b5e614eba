// Starts a PostgreSQL and the binary, runs the tests against them, stops everything.
// CRESTFALL_BIN names the binary (default: target/debug/crestfall). Arguments go to `node --test`.
import { execFileSync, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readFileSync, readdirSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Postgres } from './support/postgres.mjs'
import { freePort, start } from './support/server.mjs'

const here = dirname(fileURLToPath(import.meta.url))
const target = resolve(here, '../..', process.env.CARGO_TARGET_DIR ?? 'target')
const binary = resolve(process.env.CRESTFALL_BIN ?? join(target, 'debug/crestfall'))
const secret = randomBytes(32).toString('hex')
const running = []
let tests

// Ctrl-C ends the tests, and with them everything else.
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => tests?.kill(signal))

try {
  const postgres = await Postgres.start()
  running.push(postgres)
  postgres.load(readFileSync(join(here, 'fixture.sql')))
  postgres.load(readFileSync(join(here, 'graphql.sql')))
  migrate(postgres)
  const rest = await startRest(postgres.url('authenticator'))
  running.push(rest)
  const serve = await startServe(postgres.url('authenticator'))
  running.push(serve)
  process.exitCode = await run(rest.url, serve.url, postgres.url('authenticator'))
} catch (error) {
  console.error(error.message)
  process.exitCode = 1
} finally {
  for (const one of running.reverse()) await one.stop()
}

/** `crestfall rest`: configured as PostgREST is. */
async function startRest(database) {
  const port = await freePort()
  const environment = {
    PGRST_DB_URI: database,
    PGRST_DB_SCHEMAS: 'public,archive',
    PGRST_DB_ANON_ROLE: 'anon',
    PGRST_DB_AGGREGATES_ENABLED: 'true',
    PGRST_DB_PLAN_ENABLED: 'true',
    PGRST_DB_TX_END: 'commit-allow-override',
    PGRST_JWT_SECRET: secret,
    PGRST_SERVER_HOST: '127.0.0.1',
    PGRST_SERVER_PORT: String(port),
    PGRST_LOG_LEVEL: 'info',
  }
  return start(binary, 'rest', environment, `http://127.0.0.1:${port}`, '/')
}

/** Users' tables, and what is theirs. */
function migrate(postgres) {
  const { PATH, HOME } = process.env
  execFileSync(binary, ['migrate', '--database-url', postgres.url('postgres')], {
    cwd: here,
    env: { PATH, HOME },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  postgres.load(readFileSync(join(here, 'users.sql')))
}

/** `crestfall serve`: the same API where Supabase's clients look for it, and users. */
async function startServe(database) {
  const [port, admin] = [await freePort(), await freePort()]
  const environment = {
    CRESTFALL_AUTH__ENABLED: 'true',
    CRESTFALL_AUTH__ENCRYPTION_KEY: randomBytes(32).toString('hex'),
    CRESTFALL_AUTH__EXTERNAL_URL: `http://127.0.0.1:${port}/auth/v1`,
    CRESTFALL_AUTH__SITE_URL: 'http://localhost:3000',
    CRESTFALL_AUTH__CATCH_MAIL: 'true',
    CRESTFALL_AUTH__ANONYMOUS_USERS: 'true',
    CRESTFALL_AUTH__EMAIL__AUTOCONFIRM: 'true',
    CRESTFALL_AUTH__EMAIL__MAX_FREQUENCY: '0s',
    CRESTFALL_AUTH__PASSKEYS__ENABLED: 'true',
    // Every test comes from one address.
    CRESTFALL_AUTH__RATE_LIMITS__OTP: 'off',
    CRESTFALL_AUTH__RATE_LIMITS__VERIFY: 'off',
    CRESTFALL_AUTH__RATE_LIMITS__ANONYMOUS_USERS: 'off',
    CRESTFALL_AUTH__RATE_LIMITS__TOKEN_REFRESH: 'off',
    CRESTFALL_DATABASE__URL: database,
    CRESTFALL_GRAPHQL__SUBSCRIPTIONS__INTERVAL: '100ms',
    CRESTFALL_GRAPHQL__UI: 'true',
    CRESTFALL_JWT__SECRET: secret,
    // The fixture is PostgREST's world: granted tables without row-level security.
    CRESTFALL_REST__UNPROTECTED: 'true',
    CRESTFALL_SERVER__HOST: '127.0.0.1',
    CRESTFALL_SERVER__PORT: String(port),
    CRESTFALL_ADMIN__PORT: String(admin),
  }
  return start(binary, 'serve', environment, `http://127.0.0.1:${port}`, '/rest/v1/ports')
}

function run(restUrl, serveUrl, database) {
  const files = readdirSync(join(here, 'test'), { recursive: true })
  const tested = files.filter((name) => name.endsWith('.test.mjs'))
  const paths = tested.map((name) => join(here, 'test', name))
  tests = spawn(process.execPath, ['--test', ...process.argv.slice(2), ...paths], {
    stdio: 'inherit',
    env: {
      ...process.env,
      CRESTFALL_BIN: binary,
      CRESTFALL_REST_URL: restUrl,
      CRESTFALL_SERVE_URL: serveUrl,
      CRESTFALL_JWT_SECRET: secret,
      CRESTFALL_BIN: binary,
      CRESTFALL_DATABASE: database,
    },
  })
  return new Promise((resolve) => {
    tests.once('error', () => resolve(1))
    tests.once('exit', (code) => resolve(code ?? 1))
  })
}
