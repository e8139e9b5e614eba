// The GraphQL-over-HTTP audit, by those who keep the specification's tests.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { serverAudits } from 'graphql-http'
import { endpoint } from '../../support/graphql.mjs'

for (const audit of serverAudits({ url: endpoint, fetchFn: fetch })) {
  test(`${audit.id}: ${audit.name}`, async () => {
    const result = await audit.fn()
    assert.equal(result.status, 'ok', result.reason)
  })
}
