// urql and graphql-request.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Client, cacheExchange, fetchExchange, gql as urqlGql } from '@urql/core'
import { GraphQLClient, gql } from 'graphql-request'
import { bearer, endpoint } from '../../support/graphql.mjs'

const ports = gql`
  query Ports($country: String!, $first: Int) {
    portsCollection(filter: { country: { eq: $country } }, first: $first) {
      totalCount
      edges { node { nodeId name shipsCollection { edges { node { name } } } } }
    }
  }
`

test('graphql-request: a query with variables, and an error', async () => {
  const client = new GraphQLClient(endpoint, { headers: bearer({ role: 'authenticated' }) })
  const { portsCollection } = await client.request(ports, { country: 'NO', first: 1 })
  assert.equal(portsCollection.totalCount, 1)
  const [{ node }] = portsCollection.edges
  assert.equal(node.name, 'Tromsø')
  assert.deepEqual(
    node.shipsCollection.edges.map((edge) => edge.node.name),
    ['Polaris', 'polar star'],
  )
  await assert.rejects(client.request('{ nothing }'), /Unknown field \\?"nothing\\?"/)
})

for (const preferGetMethod of [false, true]) {
  test(`urql by ${preferGetMethod ? 'GET' : 'POST'}: a query, a mutation, its cache`, async () => {
    const client = new Client({
      url: endpoint,
      exchanges: [cacheExchange, fetchExchange],
      preferGetMethod,
    })
    const query = urqlGql`query { shipsCollection(first: 2, orderBy: [{ id: AscNullsLast }]) {
      edges { cursor node { __typename id name } } pageInfo { hasNextPage endCursor }
    } }`
    const { data, error } = await client.query(query, {}).toPromise()
    assert.equal(error, undefined)
    assert.equal(data.shipsCollection.edges[0].node.__typename, 'Ships')
    assert.equal(data.shipsCollection.pageInfo.hasNextPage, true)
    const written = await client
      .mutation(
        urqlGql`mutation ($line: String!) { insertIntoLogEntriesCollection(objects: [{ shipId: 1, line: $line }]) {
          affectedCount records { id line ship { name } }
        } }`,
        { line: 'calm' },
      )
      .toPromise()
    assert.equal(written.error, undefined)
    const { affectedCount, records } = written.data.insertIntoLogEntriesCollection
    assert.deepEqual([affectedCount, records[0].line, records[0].ship.name], [1, 'calm', 'Polaris'])
  })
}
