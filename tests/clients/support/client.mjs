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

/** An HS256 token. */
export function token(claims, secret = CRESTFALL_JWT_SECRET) {
  const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const signed = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode(claims)}`
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`
}
