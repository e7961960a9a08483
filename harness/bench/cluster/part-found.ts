import { setTimeout as sleep } from 'node:timers/promises'
import type { Figure } from '../../runs/serve-bench-schema.ts'
import { beside } from '../serve/part-ack.ts'
import { batchSpans, type Sending } from '../serve/replay.ts'
import { ask, latencyFigures } from '../serve/session.ts'
import { idIn, spanIdOf } from '../serve/span-number.ts'
import type { ClusterJob } from './job.ts'
import type { Sent } from './sent.ts'

const pauseMillis = 20
const foundMillis = 30_000
const wantedMillis = 2_000

interface Acknowledged {
  readonly sending: Sending
  readonly atMillis: number
}

/** How soon after its acknowledgement a span is found through the frontend, at a steady rate. */
export async function measureFound(sent: Sent, { spansPerSecond, seconds, rounds }: ClusterJob): Promise<Figure[]> {
  let newest: Acknowledged | undefined
  const acknowledged = (sending: Sending) => {
    newest = { sending, atMillis: performance.now() }
  }
  const send = (some: number) => sent.load.open(spansPerSecond, some, acknowledged)
  await send(Math.min(2, seconds))
  const [acknowledgements, found] = await beside(send(seconds * rounds), () => untilFound(sent, newest!))
  await sent.finishRound()
  await sent.stored()
  const problem = await sent.problem()
  return [
    ...latencyFigures('acknowledgement', acknowledgements, problem),
    ...latencyFigures('from the acknowledgement until found', found, problem, wantedMillis),
  ]
}

/** Asks for the first span of a request until it is found; gives the milliseconds since its acknowledgement. */
async function untilFound(sent: Sent, { sending, atMillis }: Acknowledged): Promise<number> {
  const { round, index } = sending
  const query = `{ span:id = "${idIn(round, spanIdOf(index * batchSpans))}" }`
  const end = Math.ceil(sent.endOf(round)) + 1
  const range = { start: String(Math.floor(sent.endOf(round + 1)) - 1), end: String(end) }
  const url = `${sent.api}/api/search?${new URLSearchParams({ q: query, ...range })}`
  while (((await ask<{ traces?: unknown[] }>(url)).traces ?? []).length === 0)
    if (performance.now() - atMillis < foundMillis) await sleep(pauseMillis)
    else throw new Error(`${query}: not found within ${foundMillis / 1e3} s of its acknowledgement`)
  return performance.now() - atMillis
}
