import { setTimeout as sleep } from 'node:timers/promises'
import { FloorMeter } from '../../../generator/floor-meter.ts'
import { Random } from '../../../generator/random.ts'
import { Chain } from '../../../lib/cluster/commits/chain.ts'
import type { RoleName } from '../../../lib/cluster/roles/config.ts'
import { blockpackSource } from '../../../lib/formats/blockpack/query/source.ts'
import { BlockpackReader } from '../../../lib/formats/blockpack/read/reader.ts'
import { getOrInsert } from '../../../lib/maps.ts'
import { keyOf } from '../../../lib/serve/blocks/blocks.ts'
import { dataName } from '../../../lib/serve/blocks/meta.ts'
import type { BlobStore } from '../../../lib/storage/store.ts'
import { eventually } from '../../stack/eventually.ts'
import type { RoleProcess } from '../../stack/role-process.ts'
import type { Stack } from '../../stack/stack.ts'
import type { Load } from '../serve/load.ts'
import { missingAndTwice, spanIdsOf } from '../serve/part-kill.ts'
import type { Replay } from '../serve/replay.ts'
import { countSpans } from '../serve/session.ts'
import { spanOf } from '../serve/span-number.ts'

/** Roles that are killed and frozen. The distributor is not: who sends would have to know another one. */
const victims: readonly RoleName[] = ['block-builder', 'live-store', 'backend-worker', 'querier', 'query-frontend']
const concurrency = 4
const settleMillis = 180_000

export interface KillJob {
  readonly stack: Stack
  readonly store: BlobStore
  readonly replay: Replay
  readonly load: Load
  readonly kills: number
  /** Load goes on until so many spans are acknowledged. */
  readonly minSpans: number
  readonly seed: number
}

/** What became of the spans that were acknowledged. */
export interface Killed {
  readonly kills: number
  readonly frozen: number
  readonly acknowledged: number
  /** In the blocks that count: acknowledged ones that are in none, and any that is in more than one place. */
  readonly missing: number
  readonly twice: number
  /** What the query frontend counts. */
  readonly answered: number
}

/** Kills and freezes processes at random moments under load, and counts what the cluster then has and answers. */
export async function killRoles({ stack, store, replay, load, kills, minSpans, seed }: KillJob): Promise<Killed> {
  const random = new Random(seed, new FloorMeter())
  const draw = () => random.u32() / 2 ** 32
  const sinceMillis = Date.now()
  load.url = stack.of('distributor')[0]!.otlp!
  let isOver = false
  const loading = load.closed(concurrency, () => isOver)
  let frozen = 0
  for (let kill = 0; kill < kills; kill++) {
    await sleep(300 + draw() * 1_500)
    const own = stack.processes.filter(({ role }) => victims.includes(role))
    const victim = own[Math.floor(draw() * own.length)]!
    if (draw() < 0.3) {
      frozen++
      victim.signal('SIGSTOP')
      await sleep(500 + draw() * 3_000)
      victim.signal('SIGCONT')
    } else {
      await victim.end('SIGKILL')
      // Where it cannot yet, for what it needs is away, it is started again as who supervises it would.
      await eventually(() => victim.start())
    }
  }
  while (load.acknowledgedSpans < minSpans) await sleep(100)
  isOver = true
  await loading
  load.close()
  const frontend = stack.of('query-frontend')[0]!
  await drained(frontend)
  const answered = await countSpans(frontend.api, replay, sinceMillis)
  return { kills, frozen, acknowledged: load.acknowledgedSpans, answered, ...(await countStored(store, replay, load)) }
}

/** Waits until all partitions are in blocks to their ends. */
function drained(frontend: RoleProcess): Promise<void> {
  return eventually(async () => {
    const text = await frontend.get('/status/lag', { accept: 'application/json' })
    const rows = JSON.parse(text) as { records?: number }[]
    if (rows.some(row => row.records !== 0)) throw new Error(`the lag does not return to 0: ${text}`)
  }, settleMillis)
}

/** Of all spans in the blocks that count: how many that were acknowledged are missing, and how many are there more than once. */
async function countStored(store: BlobStore, replay: Replay, load: Load): Promise<{ missing: number; twice: number }> {
  const { state } = await Chain.open(store)
  const rounds = new Map<number, Uint8Array>()
  for (const meta of state.blocks.values()) {
    const file = await store.open(keyOf(meta, dataName))
    for await (const id of spanIdsOf(blockpackSource(await BlockpackReader.open(file)))) {
      const { round, number } = spanOf(id)
      getOrInsert(rounds, round, () => new Uint8Array(replay.spanCount))[number]!++
    }
    await file.close()
  }
  return missingAndTwice(rounds, replay, load)
}
