// A provider to sign in with, which speaks as a GitHub of one's own does: everybody who comes agrees.
import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'

/** Listens; `people` are the users it knows, of whom the next one to come is the first. */
export async function startProvider(people) {
  const codes = new Map()
  const server = createServer((request, response) => {
    const url = new URL(request.url, 'http://provider')
    const json = (body) => {
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify(body))
    }
    const person = () => codes.get(request.headers.authorization?.split(' ')[1])
    switch (url.pathname) {
      case '/login/oauth/authorize': {
        const code = randomUUID()
        codes.set(code, people.shift())
        const back = new URL(url.searchParams.get('redirect_uri'))
        back.searchParams.set('state', url.searchParams.get('state'))
        back.searchParams.set('code', code)
        return response.writeHead(302, { location: back.href }).end()
      }
      case '/login/oauth/access_token':
        return read(request).then((form) => {
          json({ access_token: form.get('code'), token_type: 'bearer' })
        })
      case '/api/v3/user':
        return json({ id: person().id, login: person().name, name: person().name })
      case '/api/v3/user/emails':
        return json([{ email: person().email, primary: true, verified: true }])
      default:
        return response.writeHead(404).end()
    }
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  const stop = () =>
    new Promise((resolve) => {
      server.close(resolve)
      server.closeAllConnections()
    })
  return { host: `127.0.0.1:${server.address().port}`, people, stop }
}

async function read(request) {
  let body = ''
  for await (const part of request) body += part
  return new URLSearchParams(body)
}
