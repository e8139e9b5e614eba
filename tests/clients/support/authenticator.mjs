// An authenticator in software: ES256, no attestation, its user always there.
import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto'

const sha256 = (data) => createHash('sha256').update(data).digest()
const encode = (bytes) => Buffer.from(bytes).toString('base64url')

export class Authenticator {
  #keys = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  #id = randomBytes(32)
  #user
  #count = 0

  constructor(origin) {
    this.origin = origin
  }

  /** What `navigator.credentials.create` gives, as JSON. */
  create(options) {
    this.#user = options.user.id
    const { x, y } = this.#keys.publicKey.export({ format: 'jwk' })
    const [X, Y] = [x, y].map((text) => Buffer.from(text, 'base64url'))
    const key = cbor(new Map([[1, 2], [3, -7], [-1, 1], [-2, X], [-3, Y]]))
    const length = Buffer.from([this.#id.length >> 8, this.#id.length & 255])
    const data = Buffer.concat([
      this.#data(options.rp.id, 0x45),
      Buffer.alloc(16),
      length,
      this.#id,
      key,
    ])
    const object = new Map([['fmt', 'none'], ['attStmt', new Map()], ['authData', data]])
    return this.#credential({
      clientDataJSON: encode(this.#client('webauthn.create', options.challenge)),
      attestationObject: encode(cbor(object)),
      transports: ['internal'],
    })
  }

  /** What `navigator.credentials.get` gives, as JSON. */
  get(options) {
    const client = this.#client('webauthn.get', options.challenge)
    const data = this.#data(options.rpId, 0x05)
    const signed = Buffer.concat([data, sha256(client)])
    return this.#credential({
      clientDataJSON: encode(client),
      authenticatorData: encode(data),
      signature: encode(sign('sha256', signed, this.#keys.privateKey)),
      userHandle: this.#user,
    })
  }

  #credential(response) {
    const id = encode(this.#id)
    const authenticatorAttachment = 'platform'
    return { id, rawId: id, type: 'public-key', authenticatorAttachment, clientExtensionResults: {}, response }
  }

  #client(type, challenge) {
    return Buffer.from(JSON.stringify({ type, challenge, origin: this.origin, crossOrigin: false }))
  }

  #data(domain, flags) {
    const count = Buffer.alloc(4)
    count.writeUInt32BE(++this.#count)
    return Buffer.concat([sha256(domain), Buffer.from([flags]), count])
  }
}

/** As much of CBOR (RFC 8949) as this needs: small numbers, texts, bytes, maps. */
function cbor(value) {
  if (typeof value === 'number') return value < 0 ? head(1, -1 - value) : head(0, value)
  if (typeof value === 'string') return Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)])
  if (Buffer.isBuffer(value)) return Buffer.concat([head(2, value.length), value])
  return Buffer.concat([head(5, value.size), ...[...value].flat().map(cbor)])
}

function head(kind, count) {
  const major = kind << 5
  if (count < 24) return Buffer.from([major | count])
  if (count < 256) return Buffer.from([major | 24, count])
  return Buffer.from([major | 25, count >> 8, count & 255])
}
