import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

// types/database.ts is what `crestfall gen types` makes of a database: a test in Rust compares.
test('supabase-js takes the generated types, and refuses what they refuse', () => {
  const here = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url))
  const tsc = spawnSync(process.execPath, [here('node_modules/typescript/bin/tsc'), '-p', here('types')])
  assert.equal(tsc.status, 0, `${tsc.stdout}${tsc.stderr}`)
})
