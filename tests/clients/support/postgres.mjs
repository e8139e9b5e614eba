// A PostgreSQL of the tests' own, in a directory of its own, by unix socket alone.
import { execFileSync, spawn } from 'node:child_process'
import { chownSync, existsSync, mkdtempSync, readdirSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

export class Postgres {
  #bin
  #account
  #process

  static async start() {
    const postgres = new Postgres()
    try {
      postgres.#initialise()
      await postgres.#run()
    } catch (error) {
      await postgres.stop()
      throw error
    }
    return postgres
  }

  constructor() {
    this.#bin = binaries()
    this.#account = account()
    this.directory = mkdtempSync(join(tmpdir(), 'crestfall-clients-'))
    if (this.#account.uid !== undefined) {
      chownSync(this.directory, this.#account.uid, this.#account.gid)
    }
  }

  url(user) {
    return `postgresql://${user}@/postgres?host=${encodeURIComponent(this.directory)}`
  }

  load(file) {
    const superuser = this.url('postgres')
    this.#execute('psql', ['-qX', '-v', 'ON_ERROR_STOP=1', '-d', superuser], { input: file })
  }

  async stop() {
    if (this.#process && this.#process.exitCode === null) {
      const ended = new Promise((resolve) => this.#process.once('exit', resolve))
      this.#process.kill('SIGINT')
      await ended
    }
    rmSync(this.directory, { recursive: true, force: true })
  }

  #initialise() {
    const options = ['-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C.UTF-8', '--no-sync']
    this.#execute('initdb', ['-D', this.#data(), ...options])
  }

  async #run() {
    const settings = { listen_addresses: '', unix_socket_directories: this.directory, fsync: 'off' }
    const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
    this.#process = spawn(join(this.#bin, 'postgres'), ['-D', this.#data(), ...flags], {
      ...this.#account,
      cwd: this.directory,
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    let log = ''
    this.#process.stderr.setEncoding('utf8').on('data', (text) => (log = (log + text).slice(-4000)))
    for (let attempt = 0; attempt < 300; attempt++) {
      if (this.#process.exitCode !== null) break
      if (this.#answers()) return
      await sleep(100)
    }
    throw new Error(`PostgreSQL does not answer:\n${log}`)
  }

  #answers() {
    try {
      this.#execute('pg_isready', ['-q', '-h', this.directory])
      return true
    } catch {
      return false
    }
  }

  #data() {
    return join(this.directory, 'data')
  }

  #execute(program, args, { input } = {}) {
    const stdio = [input === undefined ? 'ignore' : 'pipe', 'ignore', 'pipe']
    const options = { ...this.#account, cwd: this.directory, input, stdio }
    return execFileSync(join(this.#bin, program), args, options)
  }
}

/** Where initdb and postgres are. */
function binaries() {
  const named = process.env.CRESTFALL_POSTGRES_BIN
  const path = (process.env.PATH ?? '').split(delimiter)
  const places = [named, ...path, ...debian(), ...homebrew()].filter(Boolean)
  const found = places.find((place) => existsSync(join(place, 'initdb')))
  if (!found) throw new Error('no PostgreSQL: install it, or set CRESTFALL_POSTGRES_BIN')
  // What links to one program may not have the others beside it.
  return dirname(realpathSync(join(found, 'initdb')))
}

function debian() {
  const versions = list('/usr/lib/postgresql').sort((a, b) => Number(b) - Number(a))
  return versions.map((version) => `/usr/lib/postgresql/${version}/bin`)
}

function homebrew() {
  return ['/opt/homebrew/opt', '/usr/local/opt'].flatMap((directory) =>
    list(directory)
      .filter((name) => name.startsWith('postgresql'))
      .map((name) => join(directory, name, 'bin')),
  )
}

function list(directory) {
  return existsSync(directory) ? readdirSync(directory) : []
}

/** PostgreSQL does not run as root; then it runs as `postgres`. */
function account() {
  if (process.getuid?.() !== 0) return {}
  const id = (flag) => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }))
  return { uid: id('-u'), gid: id('-g') }
}
