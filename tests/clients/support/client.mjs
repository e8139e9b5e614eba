// Clients of the running servers, and tokens they accept.
import { createHmac } from 'node:crypto'
import { PostgrestClient } from '@supabase/postgrest-js'
import { createClient } from '@supabase/supabase-js'

const { CRESTFALL_REST_URL, CRESTFALL_SERVE_URL, CRESTFALL_JWT_SECRET } = process.env

/** An anonymous client of `crestfall rest`. */
export const db = new PostgrestClient(CRESTFALL_REST_URL)

/** A client that sends a token. */
export function as(claims) {
  return new PostgrestClient(CRESTFALL_REST_URL, {
    headers: { Authorization: `Bearer ${token(claims)}` },
  })
}

/** A client with settings of its own. */
export function client(options) {
  return new PostgrestClient(CRESTFALL_REST_URL, options)
}

/** A Supabase client of `crestfall serve`, whose key is a token. */
export function supabase(claims) {
  return createClient(CRESTFALL_SERVE_URL, token(claims), {
    auth: { persistSession: false, autoRefreshToken: false },
    // Nothing here connects; Node.js 20 has no WebSocket for it to find.
    realtime: { transport: class {} },
  })
}

/** An HS256 token, which expires when the claims say, else in 2100. */
export function token(claims, secret = CRESTFALL_JWT_SECRET) {
  const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const payload = { exp: 4102444800, ...claims }
  const signed = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode(payload)}`
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`
}

/** Where `crestfall serve` is. */
export const serveUrl = CRESTFALL_SERVE_URL

let users = 0

/** A mail address that nobody has had yet. */
export function newAddress(name = 'user') {
  users += 1
  return `${name}-${process.pid}-${users}@example.org`
}

export const password = 'correct horse battery'

/** A client with the project's public key and a session of its own, in memory. */
export function visitor(options = {}) {
  return createClient(CRESTFALL_SERVE_URL, token({ role: 'anon' }), {
    auth: { autoRefreshToken: false, persistSession: true, storage: memory(), ...options },
    realtime: { transport: class {} },
  })
}

/** A client with the project's secret key: an administrator. */
export function administrator() {
  return createClient(CRESTFALL_SERVE_URL, token({ role: 'service_role' }), {
    auth: { autoRefreshToken: false, persistSession: false },
    realtime: { transport: class {} },
  })
}

/** A visitor who has just signed up. */
export async function member(options = {}) {
  const client = visitor(options)
  const email = newAddress()
  const { data, error } = await client.auth.signUp({ email, password })
  if (error) throw error
  return { client, email, user: data.user, session: data.session }
}

function memory() {
  const items = new Map()
  return {
    getItem: (key) => items.get(key) ?? null,
    setItem: (key, value) => void items.set(key, value),
    removeItem: (key) => void items.delete(key),
  }
}
