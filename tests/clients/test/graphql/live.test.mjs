// Subscriptions: graphql-ws and graphql-sse.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { createClient as createEvents } from 'graphql-sse'
import { createClient as createSocket } from 'graphql-ws'
import WebSocket from 'ws'
import { administrator, member, token } from '../../support/client.mjs'
import { ask, bearer, endpoint, next, socket } from '../../support/graphql.mjs'

const claims = { role: 'authenticated', sub: 'live' }
const insert = (line) =>
  ask(
    'mutation ($line: String!) { insertIntoLogEntriesCollection(objects: [{ shipId: 2, line: $line }]) { affectedCount } }',
    { line },
    bearer(claims),
  )
const query = `subscription ($ship: Int!) { logEntriesCollection(
  filter: { shipId: { eq: $ship } }, orderBy: [{ id: AscNullsLast }]
) { edges { node { line } } } }`
const lines = ({ data }) => data.logEntriesCollection.edges.map((edge) => edge.node.line)

for (const [name, open] of [
  ['graphql-ws', webSocket],
  ['graphql-sse', events],
]) {
  test(`${name}: answers come when rows change`, async () => {
    await ask('mutation { deleteFromLogEntriesCollection(atMost: 1000, filter: { shipId: { eq: 2 } }) { affectedCount } }', {}, bearer(claims))
    const client = open()
    const answers = client.iterate({ query, variables: { ship: 2 } })
    assert.deepEqual(lines(await next(answers)), [])
    await insert('first')
    assert.deepEqual(lines(await next(answers)), ['first'])
    await insert('second')
    assert.deepEqual(lines(await next(answers)), ['first', 'second'])
    await answers.return()
    await client.dispose()
  })

  test(`${name}: one answer to a query, and errors`, async () => {
    const client = open()
    const once = client.iterate({ query: '{ portsCollection { totalCount } }' })
    assert.deepEqual(await next(once), { data: { portsCollection: { totalCount: 4 } } })
    assert.equal(await next(once), undefined)
    const wrong = client.iterate({ query: 'subscription { nothing }' })
    const told = await next(wrong).catch((errors) => ({ errors }))
    assert.match(told.errors[0].message, /nothing/)
    await client.dispose()
  })
}

test('graphql-ws: a wrong token is forbidden', async () => {
  const closed = new Promise((resolve) => {
    const client = createSocket({
      url: socket,
      webSocketImpl: WebSocket,
      connectionParams: { token: 'a.b.c' },
      shouldRetry: () => false,
      on: { closed: resolve },
      lazy: false,
      onNonLazyError: () => {},
    })
    after(() => client.dispose())
  })
  assert.equal((await closed).code, 4403)
})

test('graphql-ws: a socket ends with its token, and the client comes back with another', async () => {
  const codes = []
  let made = 0
  const client = createSocket({
    url: socket,
    webSocketImpl: WebSocket,
    // The server allows clocks to differ by 30 seconds.
    connectionParams: () => ({ token: token({ ...claims, exp: Math.floor(Date.now() / 1000) + (made++ ? 3600 : -28) }) }),
    retryWait: async () => {},
    shouldRetry: () => true,
    on: { closed: (event) => codes.push(event.code) },
  })
  const answers = client.iterate({ query: 'subscription { portsCollection { totalCount } }' })
  await next(answers)
  assert.deepEqual(await next(answers), { data: { portsCollection: { totalCount: 4 } } })
  assert.deepEqual([codes[0], made], [4403, 2])
  await client.dispose()
})

for (const [name, end] of [
  ['signs out', ({ client }) => client.auth.signOut({ scope: 'global' })],
  ['is banned', ({ user }) => administrator().auth.admin.updateUserById(user.id, { ban_duration: '1h' })],
  ['is deleted', ({ user }) => administrator().auth.admin.deleteUser(user.id)],
]) {
  test(`a socket and a stream end when their user ${name} (SEC-14, SEC-28)`, async () => {
    const someone = await member()
    const { access_token } = someone.session
    const codes = []
    const client = createSocket({
      url: socket,
      webSocketImpl: WebSocket,
      connectionParams: { token: access_token },
      shouldRetry: () => false,
      on: { closed: (event) => codes.push(event.code) },
    })
    const answers = client.iterate({ query: 'subscription { portsCollection { totalCount } }' })
    assert.equal((await next(answers)).data.portsCollection.totalCount, 4)
    const stream = await fetch(endpoint, {
      method: 'POST',
      headers: {
        accept: 'text/event-stream',
        authorization: `Bearer ${access_token}`,
        'content-type': 'application/json',
      },
      body: JSON.stringify({ query: 'subscription { portsCollection { totalCount } }' }),
    })
    const events = stream.body.pipeThrough(new TextDecoderStream())[Symbol.asyncIterator]()
    assert.match(await next(events), /"totalCount"/)

    const { error } = await end(someone)
    assert.equal(error, null)
    await assert.rejects(next(answers), (event) => event.code === 4403)
    assert.deepEqual(codes, [4403])
    // The stream ends without a word that it is complete: a client would come back, and be refused.
    for (let event; (event = await next(events)) !== undefined; ) assert.doesNotMatch(event, /complete/)
    const refused = await fetch(endpoint, { headers: { authorization: `Bearer ${access_token}` } })
    assert.equal(refused.status, 401)
    await client.dispose()
  })
}

function webSocket() {
  return createSocket({ url: socket, webSocketImpl: WebSocket, connectionParams: bearer(claims) })
}

function events() {
  return createEvents({ url: endpoint, headers: bearer(claims) })
}
