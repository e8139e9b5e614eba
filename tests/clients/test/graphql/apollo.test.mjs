// Apollo Client without React: its cache by node ids, pages, errors, subscriptions, persisted queries.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { ApolloClient, ApolloLink, CombinedGraphQLErrors, HttpLink, InMemoryCache, gql } from '@apollo/client'
import { PersistedQueryLink } from '@apollo/client/link/persisted-queries'
import { GraphQLWsLink } from '@apollo/client/link/subscriptions'
import { relayStylePagination } from '@apollo/client/utilities'
import { createClient as createSocket } from 'graphql-ws'
import WebSocket from 'ws'
import { bearer, endpoint, socket } from '../../support/graphql.mjs'

const headers = bearer({ role: 'authenticated' })

/** A client that keeps rows by their node ids, and remembers what it sent. */
function apollo(link, cache = {}) {
  const sent = []
  const watch = new ApolloLink((operation, forward) => {
    sent.push(operation.operationName)
    return forward(operation)
  })
  const client = new ApolloClient({
    link: ApolloLink.from([watch, link ?? new HttpLink({ uri: endpoint, headers })]),
    cache: new InMemoryCache({
      dataIdFromObject: ({ nodeId }) => nodeId,
      typePolicies: { Query: { fields: cache } },
    }),
  })
  return { client, sent }
}

const fleet = gql`
  query Fleet($first: Int!, $after: Cursor) {
    shipsCollection(first: $first, after: $after, orderBy: [{ id: AscNullsLast }]) {
      edges { cursor node { nodeId id name homePort { nodeId name } } }
      pageInfo { startCursor endCursor hasNextPage hasPreviousPage }
    }
  }
`
/** The first result of a watched query that is there in full. */
const complete = (watched) =>
  new Promise((resolve) => {
    const stop = watched.subscribe((result) => {
      if (result.dataState !== 'complete') return
      resolve(result)
      queueMicrotask(() => stop.unsubscribe())
    })
  })

const names = ({ shipsCollection }) => shipsCollection.edges.map((edge) => edge.node.name)

test('rows are kept by their node ids, and a mutation changes what is watched', async () => {
  const { client, sent } = apollo()
  const write = gql`
    mutation Write($line: String!) {
      insertIntoLogEntriesCollection(objects: [{ shipId: 3, line: $line }]) { records { nodeId id line } }
    }
  `
  const written = await client.mutate({ mutation: write, variables: { line: 'fog' } })
  const [record] = written.data.insertIntoLogEntriesCollection.records
  assert.deepEqual([record.__typename, record.line], ['LogEntries', 'fog'])

  const entry = gql`query Entry($id: BigInt!) { logEntriesByPk(id: $id) { nodeId id line } }`
  const seen = []
  const watched = client.watchQuery({ query: entry, variables: { id: record.id } })
  const told = new Promise((resolve) => {
    watched.subscribe(({ data }) => {
      if (!data?.logEntriesByPk) return
      seen.push(data.logEntriesByPk.line)
      if (seen.length === 2) resolve()
    })
  })
  await complete(watched)
  const change = gql`
    mutation Change($id: BigInt!) {
      updateLogEntriesCollection(set: { line: "clear" }, filter: { id: { eq: $id } }) { records { nodeId line } }
    }
  `
  await client.mutate({ mutation: change, variables: { id: record.id } })
  await told
  assert.deepEqual(seen, ['fog', 'clear'])
  // The row was not asked for again.
  assert.deepEqual(sent, ['Write', 'Entry', 'Change'])
  const kept = client.cache.extract()[record.nodeId]
  assert.equal(kept.line, 'clear')
})

test('a second query comes from the cache, and rows are one wherever they are met', async () => {
  const { client, sent } = apollo()
  const first = await client.query({ query: fleet, variables: { first: 2 } })
  const again = await client.query({ query: fleet, variables: { first: 2 } })
  assert.deepEqual([again.data, sent], [first.data, ['Fleet']])
  const kept = Object.values(client.cache.extract())
  assert.deepEqual(kept.filter((row) => row.__typename === 'Ports').map((row) => row.name), ['Tromsø', 'Hull'])
  const [{ node }] = first.data.shipsCollection.edges
  const fragment = gql`fragment Name on Ships { name }`
  assert.equal(client.cache.readFragment({ id: node.nodeId, fragment }).name, 'Polaris')
})

test('relayStylePagination joins pages', async () => {
  const { client } = apollo(undefined, { shipsCollection: relayStylePagination(['filter', 'orderBy']) })
  const watched = client.watchQuery({ query: fleet, variables: { first: 2 } })
  const seen = []
  const ended = watched.subscribe(({ data, dataState }) => {
    if (dataState === 'complete') seen.push(names(data).length)
  })
  let { pageInfo } = (await complete(watched)).data.shipsCollection
  for (let pages = 1; pageInfo.hasNextPage; pages += 1) {
    assert.ok(pages < 4, 'there are three pages')
    const { data } = await watched.fetchMore({ variables: { after: pageInfo.endCursor } })
    pageInfo = data.shipsCollection.pageInfo
  }
  const kept = client.cache.readQuery({ query: fleet, variables: { first: 2 } })
  assert.deepEqual(names(kept), ['Polaris', 'Grey Heron', 'Albatross', 'polar star', 'Kittiwake'])
  ended.unsubscribe()
  assert.equal(seen[0], 2)
})

test('errors are those of GraphQL, with what could be answered beside', async () => {
  const { client } = apollo()
  const wrong = gql`query Wrong { nothing shipsByPk(id: 1) { nodeId name } }`
  const refused = await client.query({ query: wrong }).catch((error) => error)
  assert.ok(CombinedGraphQLErrors.is(refused), String(refused))
  assert.match(refused.errors[0].message, /Unknown field "nothing"/)
  assert.deepEqual(refused.errors[0].path, ['nothing'])
  const all = await client.query({ query: wrong, errorPolicy: 'all' })
  assert.equal(all.data.shipsByPk.name, 'Polaris')
  assert.ok(CombinedGraphQLErrors.is(all.error))
  const nonsense = gql`query Nonsense { shipsByPk(id: 1) { nodeId wings } }`
  const none = await client.query({ query: nonsense }).catch((error) => error)
  assert.ok(CombinedGraphQLErrors.is(none), String(none))
  const missing = await client.query({ query: fleet }).catch((error) => error)
  assert.match(missing.errors[0].message, /\$first/)
})

test('queries by GET', async () => {
  const { client } = apollo(new HttpLink({ uri: endpoint, headers, useGETForQueries: true }))
  const { data } = await client.query({ query: fleet, variables: { first: 1 } })
  assert.deepEqual(names(data), ['Polaris'])
})

test('persisted queries are sent once by their text', async () => {
  const requests = []
  const counting = (url, options) => {
    requests.push(JSON.parse(options.body))
    return fetch(url, options)
  }
  const link = new PersistedQueryLink({
    sha256: (text) => createHash('sha256').update(text).digest('hex'),
  }).concat(new HttpLink({ uri: endpoint, headers, fetch: counting }))
  const query = gql`query Persisted($id: Int!) { shipsByPk(id: $id) { nodeId name built } }`
  for (const [id, name] of [[1, 'Polaris'], [2, 'Grey Heron']]) {
    const { data } = await apollo(link).client.query({ query, variables: { id } })
    assert.equal(data.shipsByPk.name, name)
  }
  assert.deepEqual(requests.map((request) => 'query' in request), [false, true, false])
})

test('a subscription over a socket', async () => {
  const connection = createSocket({ url: socket, webSocketImpl: WebSocket, connectionParams: headers })
  const { client } = apollo(new GraphQLWsLink(connection))
  const query = gql`subscription Live { shipsByPk(id: 5) { nodeId name } }`
  const told = new Promise((resolve, reject) => {
    const stop = client.subscribe({ query }).subscribe({
      next: (result) => { resolve(result); stop.unsubscribe() },
      error: reject,
    })
  })
  assert.equal((await told).data.shipsByPk.name, 'Kittiwake')
  await connection.dispose()
})
