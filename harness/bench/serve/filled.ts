import { setTimeout as sleep } from 'node:timers/promises'
import { inWorkFolder } from '../../../lib/storage/work-folder.ts'
import type { Report } from '../../process/task.ts'
import type { Figure } from '../../runs/serve-bench-schema.ts'
import type { ServeJob } from './job.ts'
import type { Replay } from './replay.ts'
import { Server } from './server.ts'
import { ask, loadOf } from './session.ts'

const concurrency = 8
/** Compactions that follow the filling are waited for, so that they are not measured, but no longer. */
const settleMillis = 600_000
const pollMillis = 1_000

/** A server that has many spans in blocks: the capture round after round, end to end. */
export interface Filled {
  readonly server: Server
  /** The folder of its blocks. */
  readonly blocks: string
  readonly replay: Replay
  readonly roundCount: number
  /** When the last span of the last round ends, a multiple of `stepSeconds`. */
  readonly endSeconds: number
  readonly spanCount: number
}

export const stepSeconds = 60

/** What `measure` gives of a server with as many spans as the job says, after a start of its own. */
export async function withFilled(
  job: ServeJob,
  report: Report,
  measure: (filled: Filled) => Promise<Figure[]>,
): Promise<Figure[]> {
  const endSeconds = Math.floor(Date.now() / 1e3 / stepSeconds) * stepSeconds
  const roundsOf = ({ spanCount }: Replay) => Math.ceil(job.spans / spanCount)
  const { replay, load } = await loadOf(
    job.capture,
    job.seed,
    (round, own) => BigInt(endSeconds) * 1_000_000_000n - BigInt(roundsOf(own) - 1 - round) * own.lengthNanos,
  )
  const roundCount = roundsOf(replay)
  return inWorkFolder(async folder => {
    const filling = await Server.start(job.program, `${folder}/data`)
    load.urls = [filling.otlp]
    for (let round = 0; round < roundCount; round++) {
      const before = load.acknowledgedSpans
      await load.sendMany(concurrency, replay.requestCount)
      report(load.acknowledgedSpans - before)
    }
    load.close()
    await untilCompacted(filling.api)
    await filling.end('SIGTERM')
    const server = await Server.start(job.program, `${folder}/data`)
    const blocks = `${folder}/data/blocks/single-tenant`
    const figures = await measure({ server, blocks, replay, roundCount, endSeconds, spanCount: load.acknowledgedSpans })
    await server.end('SIGTERM')
    return figures
  })
}

interface Status {
  readonly store: { readonly recentSpans: number; readonly compactionsLeft: number }
}

async function untilCompacted(api: string): Promise<void> {
  const end = performance.now() + settleMillis
  const isBusy = async () => {
    const { store } = await ask<Status>(`${api}/status`)
    return store.recentSpans > 0 || store.compactionsLeft > 0
  }
  while (performance.now() < end && (await isBusy())) await sleep(pollMillis)
}
