// The binary under test, as an operator starts it.
import { spawn } from 'node:child_process'
import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** Starts `crestfall <command>`, a word or several, and waits until `path` is answered. */
export async function start(binary, command, environment, url, path) {
  const { PATH, HOME } = process.env
  const server = spawn(binary, [command].flat(), {
    env: { PATH, HOME, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let log = ''
  for (const stream of [server.stdout, server.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => (log = (log + text).slice(-20_000)))
  }
  const ended = new Promise((resolve) => {
    server.once('error', (error) => resolve(error.message))
    server.once('exit', (code, signal) => resolve(`exit ${code ?? signal}`))
  })
  const handle = {
    url,
    log: () => log,
    async stop() {
      server.kill('SIGTERM')
      await ended
    },
  }
  let over
  ended.then((how) => (over = how))
  for (let attempt = 0; attempt < 300 && over === undefined; attempt++) {
    if (await answers(url + path)) return handle
    await sleep(100)
  }
  await handle.stop()
  throw new Error(`crestfall ${[command].flat()[0]} did not come up (${over ?? 'time-out'}):\n${log}`)
}

async function answers(url) {
  try {
    return (await fetch(url)).ok
  } catch {
    return false
  }
}

/** A TCP port that is free now. */
export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address()
      server.close(() => resolve(port))
    })
  })
}
