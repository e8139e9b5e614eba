// An application behind the proxy: pages that greet whom the proxy names, and a page with supabase-js.
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

const modules = createRequire(import.meta.url)
const supabase = join(dirname(modules.resolve('@supabase/supabase-js')), 'umd/supabase.js')
const scripts = {
  '/account/supabase.js': readFileSync(supabase),
  '/account/qr.js': readFileSync(modules.resolve('jsqr')),
}

/** Listens; `authUrl` and `key` are what supabase-js is made with. */
export async function startApplication({ authUrl, key }) {
  const server = createServer((request, response) => {
    const path = request.url.split('?')[0]
    if (scripts[path]) {
      response.setHeader('content-type', 'text/javascript')
      return response.end(scripts[path])
    }
    response.setHeader('content-type', 'text/html; charset=utf-8')
    response.end(path === '/account' ? account(authUrl, key) : greeting(path, request.headers))
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  const stop = () =>
    new Promise((resolve) => {
      server.close(resolve)
      server.closeAllConnections()
    })
  return { address: `127.0.0.1:${server.address().port}`, stop }
}

function greeting(path, headers) {
  const user = headers['remote-user'] ?? ''
  return `<!doctype html><title>App</title><h1>${path}</h1><p id="user">${user}</p>`
}

/** `client` is supabase-js in the page; it shows who is signed in, and what tests put into `#shown`. */
function account(authUrl, key) {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Account</title>
<script src="/account/supabase.js"></script>
<script src="/account/qr.js"></script>
</head>
<body>
<main>
<h1>Account</h1>
<p id="user"></p>
<div id="shown"></div>
</main>
<script>
globalThis.client = supabase.createClient(${JSON.stringify(authUrl)}, ${JSON.stringify(key)}, {
  auth: { experimental: { passkey: true } },
})
client.auth.onAuthStateChange((_, session) => {
  document.getElementById('user').textContent = session ? session.user.email : 'nobody'
})
</script>
</body>
</html>`
}
