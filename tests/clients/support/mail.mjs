// What would have been sent, from the page of `auth.catch_mail`.
import { setTimeout as sleep } from 'node:timers/promises'
import { serveUrl } from './client.mjs'

/** The latest message to an address, as soon as it is there. */
export async function latestTo(address, type = 'mail', url = serveUrl) {
  for (let attempt = 0; attempt < 200; attempt++) {
    const messages = await (await fetch(`${url}/mail/mails`)).json()
    const found = messages.find((one) => one.type === type && JSON.stringify(one).includes(address))
    if (found) return found
    await sleep(50)
  }
  throw new Error(`nothing was sent to ${address}`)
}

/** The code in a message. */
export function codeIn(message) {
  const code = /\b\d{6}\b/.exec(message.text ?? message.code)
  if (!code) throw new Error(`no code in ${JSON.stringify(message)}`)
  return code[0]
}

/** The link in a mail. */
export function linkIn(message) {
  const link = /https?:\/\/\S*\/verify\S*/.exec(message.text)
  if (!link) throw new Error(`no link in ${JSON.stringify(message)}`)
  return new URL(link[0].replaceAll('&amp;', '&').replace(/[)>\]]+$/, ''))
}
