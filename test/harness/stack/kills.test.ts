import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { killRoles } from '../../../harness/bench/cluster/kill.ts'
import { loadOf } from '../../../harness/bench/serve/session.ts'
import { eventually } from '../../../harness/stack/eventually.ts'
import { KafkaCluster, kafkaMissing } from '../../../harness/stack/kafka.ts'
import { Stack, usualCounts } from '../../../harness/stack/stack.ts'
import { s3Store } from '../../../lib/storage/s3/store.ts'
import { startedCeph, withoutCeph } from '../../support/ceph.ts'

const folder = mkdtempSync(join(tmpdir(), 'kills-'))
afterAll(() => rmSync(folder, { recursive: true }))
const missing = withoutCeph ?? (await kafkaMissing())
const program = [process.execPath, '--import', 'tsx', 'main.ts']
const seed = Number(process.env.SEED ?? 20261129)
const kills = Number(process.env.KILLS ?? 2)
const minSpans = Number(process.env.SPANS ?? 5_000)
/** What is run where no other size is asked for: the fewest with which every role has something to do. */
const fewest = { ...usualCounts, 'live-store': 2, querier: 1 }
const counts = process.env.KILLS === undefined ? fewest : { ...usualCounts, distributor: 2 }
const brokers = process.env.BROKERS === '3' ? 3 : 1

test(`roles killed and frozen under load: acknowledged is stored and answered, 0 missing, 0 answered twice (seed ${seed})`, async ({
  skip,
}) => {
  skip(missing !== undefined, missing)
  const kafka = await KafkaCluster.start(brokers)
  const s3 = await (await startedCeph()).newBucket()
  const config = { block_builder: { consume_cycle_duration: '2s' } }
  const options = { kafka: kafka.address, s3, folder, program, partitionCount: 2, counts, config }
  const stack = await eventually(() => Stack.start(options), 120_000)
  try {
    const { replay, load } = await loadOf({ name: 'otel' }, seed)
    const store = await s3Store(s3)
    const killed = await killRoles({ stack, kafka, store, replay, load, kills, minSpans, seed })
    if (process.env.KILLS !== undefined) console.log(JSON.stringify({ seed, ...killed }, undefined, 2))
    const { acknowledged } = killed
    expect(acknowledged).toBeGreaterThanOrEqual(minSpans)
    expect(killed).toMatchObject({ missing: 0, stored: acknowledged, answered: acknowledged })
    expect(killed.meanwhile.problems).toEqual([])
  } finally {
    await stack.stop('SIGKILL')
    await kafka.stop()
  }
}, 1_200_000)
