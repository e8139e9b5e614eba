// The page to try operations on, in a real browser.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { inspect, launch } from '../../support/browser.mjs'
import { serveUrl } from '../../support/client.mjs'
import { ask, bearer } from '../../support/graphql.mjs'

const member = bearer({ role: 'authenticated', sub: 'page' })
let browser

before(async () => {
  browser = await launch({ domain: 'page.local', spki: '' })
})
after(() => browser?.close())

/** The page, whatever it asked for, and what its policy refused. */
async function open() {
  const page = await (await browser.newContext()).newPage()
  const [asked, refused] = [[], []]
  page.on('request', (request) => asked.push(request.url()))
  page.on('console', (message) => message.type() === 'error' && refused.push(message.text()))
  page.on('pageerror', (error) => refused.push(error.message))
  await page.goto(`${serveUrl}/postgresql/graphql/ui`)
  return { page, asked, refused }
}

const answered = (page, text) =>
  page.waitForFunction((text) => document.getElementById('answer').textContent.includes(text), text)

test('an operation is run and answered, and nobody else is asked', async () => {
  const { page, asked, refused } = await open()
  await page.getByLabel('Operation').fill('query ($id: Int!) { shipsByPk(id: $id) { name } }')
  await page.getByLabel('Variables').fill('{ "id": 2 }')
  await page.getByRole('button', { name: 'Run' }).click()
  await answered(page, '"Grey Heron"')
  await inspect(page, 'graphql')
  assert.ok(asked.length >= 4, String(asked))
  assert.deepEqual(asked.filter((url) => !url.startsWith(serveUrl)), [])
  assert.deepEqual(refused, [])
})

test('the schema is there to read, as the role of the headers sees it', async () => {
  const { page } = await open()
  const schema = page.locator('#schema')
  await schema.getByText('shipsCollection').first().waitFor()
  await page.getByLabel('Headers').fill(JSON.stringify(member))
  await page.getByLabel('Headers').blur()
  await page.getByRole('searchbox').fill('logbook')
  await schema.getByRole('button', { name: 'LogbookConnection' }).click()
  await schema.getByText('object LogbookConnection').waitFor()
})

test('a subscription is followed until it is stopped', async () => {
  const { page } = await open()
  const write = (line) =>
    ask(
      'mutation ($line: String!) { insertIntoLogEntriesCollection(objects: [{ shipId: 4, line: $line }]) { affectedCount } }',
      { line },
      member,
    )
  const query = 'subscription { logEntriesCollection(filter: { shipId: { eq: 4 } }) { edges { node { line } } } }'
  await page.getByLabel('Operation').fill(query)
  await page.getByRole('button', { name: 'Run' }).click()
  await answered(page, '"edges": []')
  await write('seen <b>here</b>')
  // As a text, and not as a part of the page.
  await answered(page, '"seen <b>here</b>"')
  await page.getByRole('button', { name: 'Stop' }).click()
  assert.equal(await page.getByRole('button', { name: 'Stop' }).isVisible(), false)
})
