// `deploy/Caddyfile` with a real Caddy, between the browser and two applications, by TLS.
import { spawn } from 'node:child_process'
import { createHash, X509Certificate } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect } from 'node:tls'
import { fileURLToPath } from 'node:url'
import { executable } from './browser.mjs'

const caddyfile = resolve(dirname(fileURLToPath(import.meta.url)), '../../../deploy/Caddyfile')

/** Serves `https://auth.<domain>:<port>` and `https://app.<domain>:<port>`. */
export async function startCaddy({ domain, port, crestfall, app }) {
  const home = mkdtempSync(join(tmpdir(), 'crestfall-caddy-'))
  // For tests the file's first setting is three: nothing else listens, and no trust store is touched.
  const settings = ['off', 'auto_https disable_redirects', 'skip_install_trust']
  const { PATH } = process.env
  const caddy = spawn(
    executable('caddy'),
    ['run', '--adapter', 'caddyfile', '--config', caddyfile],
    {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: {
        PATH,
        HOME: home,
        XDG_DATA_HOME: home,
        XDG_CONFIG_HOME: home,
        CADDY_ADMIN: settings.join('\n\t'),
        AUTH_SITE: `https://auth.${domain}:${port}`,
        APP_SITE: `https://app.${domain}:${port}`,
        CRESTFALL: crestfall,
        APP: app,
      },
    },
  )
  let log = ''
  caddy.stderr.setEncoding('utf8').on('data', (text) => (log = (log + text).slice(-8000)))
  const ended = new Promise((resolve) => {
    caddy.once('error', resolve)
    caddy.once('exit', resolve)
  })
  const stop = async () => {
    caddy.kill('SIGTERM')
    await ended
    rmSync(home, { recursive: true, force: true })
  }
  const certificate = join(home, 'caddy/pki/authorities/local/intermediate.crt')
  for (let attempt = 0; attempt < 200 && caddy.exitCode === null; attempt++) {
    if (existsSync(certificate) && (await answers(`app.${domain}`, port))) {
      return { spki: spkiOf(readFileSync(certificate)), stop, log: () => log }
    }
    await sleep(50)
  }
  await stop()
  throw new Error(`Caddy did not come up:\n${log}`)
}

/** What Chromium names a key by. */
function spkiOf(pem) {
  const key = new X509Certificate(pem).publicKey.export({ type: 'spki', format: 'der' })
  return createHash('sha256').update(key).digest('base64')
}

function answers(servername, port) {
  return new Promise((resolve) => {
    // Whose certificate it is, the browser checks.
    const options = { port, host: '127.0.0.1', servername, rejectUnauthorized: false }
    const socket = connect(options)
    const tell = (answer) => () => {
      socket.destroy()
      resolve(answer)
    }
    socket.once('secureConnect', tell(true)).once('error', tell(false))
  })
}
