import { LabError, messageOf } from '../error.ts'
import type { Endpoint } from './server-config.ts'

/** What was started, to be ended in the opposite order. */
export class Started {
  readonly #ends: (() => Promise<unknown>)[] = []

  add(end: () => Promise<unknown>): void {
    this.#ends.push(end)
  }

  async close(): Promise<void> {
    for (const end of this.#ends.toReversed()) await end()
  }
}

/** What listening gives; where the port is taken, says so, and by which flag another one is chosen. */
export async function namingPort<T>({ host, port }: Endpoint, flag: string, listen: () => Promise<T>): Promise<T> {
  try {
    return await listen()
  } catch (error) {
    const isTaken = String(error).includes('EADDRINUSE')
    const reason = isTaken ? `another program listens there; choose another port with ${flag}` : messageOf(error)
    throw new LabError('invalid', `${host}:${port}: ${reason}`, { cause: error })
  }
}

/** A host and its port, as they stand in an URL. */
export function addressOf(host: string, port: number): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`
}
