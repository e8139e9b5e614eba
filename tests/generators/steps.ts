// What the scenarios share: numbered steps, each of which says what went wrong.
import { strict as assert } from 'node:assert'

let count = 0

export async function step<T>(name: string, action: () => Promise<T>): Promise<T> {
  count += 1
  try {
    return await action()
  } catch (error) {
    console.error(`step ${count}, ${name}: ${error instanceof Error ? error.message : error}`)
    process.exit(1)
  }
}

interface Answered {
  data?: unknown
  error?: unknown
  response?: Response
}

/** The data of an answer that went well. */
export function given<A extends Answered>(answer: A): NonNullable<A['data']> {
  assert.equal(answer.error, undefined, JSON.stringify(answer.error))
  assert.ok(answer.data !== undefined && answer.data !== null, `no data: ${answer.response?.status}`)
  return answer.data
}

/** The error of an answer with that status. */
export function refused<A extends Answered>(answer: A, status: number): NonNullable<A['error']> {
  assert.equal(answer.response?.status, status, JSON.stringify(answer.error))
  assert.ok(answer.error !== undefined && answer.error !== null)
  return answer.error
}

export function finish(): void {
  console.log(`${count} steps`)
}

export { assert }
