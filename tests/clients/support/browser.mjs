// Chromium, an authenticator in it, and an audit of what it shows.
import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { delimiter, join } from 'node:path'
import { chromium } from 'playwright-core'

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

const QUIET = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** A browser that finds every `*.domain` on this machine, and trusts the certificates of one key. */
export function launch({ domain, spki }) {
  const rules = `MAP *.${domain} 127.0.0.1`
  return chromium.launch({
    executablePath: executable('chromium', 'chromium-browser', 'google-chrome'),
    args: [
      ...QUIET,
      `--host-resolver-rules=${rules}`,
      `--ignore-certificate-errors-spki-list=${spki}`,
    ],
  })
}

/** Where a program is. A test that cannot run fails: nobody would notice one that is left out. */
export function executable(...names) {
  const folders = (process.env.PATH ?? '').split(delimiter)
  const places = names.flatMap((name) => folders.map((folder) => join(folder, name)))
  const found = places.find((place) => existsSync(place))
  if (!found) throw new Error(`no ${names[0]}: run scripts/setup.sh test`)
  return found
}

/** A passkey store in the page's own device, whose user always agrees. */
export async function addAuthenticator(page) {
  const devtools = await page.context().newCDPSession(page)
  await devtools.send('WebAuthn.enable')
  const { authenticatorId } = await devtools.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  })
  const credentials = async () =>
    (await devtools.send('WebAuthn.getCredentials', { authenticatorId })).credentials
  return { credentials }
}

/** Fails on anything that keeps somebody out (WCAG 2.2 AA), in light and dark; keeps a picture. */
export async function inspect(page, name) {
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme })
    // DevTools' evaluation: pages of a strict policy run no other script.
    await page.evaluate(AXE)
    const { violations } = await page.evaluate(() =>
      globalThis.axe.run({
        runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
      }),
    )
    const serious = violations.filter((one) => ['serious', 'critical'].includes(one.impact))
    const told = serious.map((one) => `${one.id}: ${one.nodes.map((node) => node.html).join(' | ')}`)
    assert.deepEqual(told, [], `${name}, ${colorScheme}`)
    await keepPicture(page, `${name}-${colorScheme}`)
  }
  await page.emulateMedia({ colorScheme: null })
}

/** Into `CRESTFALL_SCREENSHOTS`, for people to look at. */
async function keepPicture(page, name) {
  const folder = process.env.CRESTFALL_SCREENSHOTS
  if (!folder) return
  mkdirSync(folder, { recursive: true })
  await page.screenshot({ path: join(folder, `${name}.png`) })
}
