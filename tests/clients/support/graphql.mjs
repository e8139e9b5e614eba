// Where GraphQL is, and its schema as the binary prints it.
import { execFileSync } from 'node:child_process'
import { serveUrl, token } from './client.mjs'

export const endpoint = `${serveUrl}/graphql/v1`
export const socket = endpoint.replace('http', 'ws')

/** One request of the plainest kind. */
export async function ask(query, variables = {}, headers = {}) {
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query, variables }),
  })
  return response.json()
}

export const bearer = (claims) => ({ authorization: `Bearer ${token(claims)}` })

let known

/** `crestfall gen graphql-schema`. */
export function schemaDocument() {
  const { CRESTFALL_BIN, CRESTFALL_DATABASE, PATH, HOME } = process.env
  known ??= execFileSync(CRESTFALL_BIN, ['gen', 'graphql-schema', '--role', 'authenticated'], {
    env: { PATH, HOME, CRESTFALL_DATABASE__URL: CRESTFALL_DATABASE },
    encoding: 'utf8',
  })
  return known
}

/** The next values of an async iterator, each within some seconds. */
export async function next(iterator) {
  let timer
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error('nothing came')), 10_000)
  })
  try {
    return (await Promise.race([iterator.next(), late])).value
  } finally {
    clearTimeout(timer)
  }
}
