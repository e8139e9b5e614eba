// Codes of authenticator apps.
import { createHmac } from 'node:crypto'

/** The code of now, or of so many steps later (RFC 6238). */
export function totp(secret, later = 0) {
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + later))
  const mac = createHmac('sha1', base32(secret)).update(counter).digest()
  const at = mac[19] & 15
  return String((mac.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, '0')
}

function base32(text) {
  const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
  const bits = [...text.replaceAll('=', '')].map((c) => digits.indexOf(c).toString(2).padStart(5, '0'))
  return Buffer.from(bits.join('').match(/.{8}/g).map((byte) => parseInt(byte, 2)))
}
