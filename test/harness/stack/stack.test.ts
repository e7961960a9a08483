import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { eventually } from '../../../harness/stack/eventually.ts'
import { KafkaCluster, kafkaMissing } from '../../../harness/stack/kafka.ts'
import { Stack } from '../../../harness/stack/stack.ts'
import { startedCeph, withoutCeph } from '../../support/ceph.ts'
import { sendOtlp } from '../../support/served.ts'
import { requestOf } from '../../support/store-spans.ts'

const folder = mkdtempSync(join(tmpdir(), 'stack-'))
afterAll(() => rmSync(folder, { recursive: true }))
const missing = withoutCeph ?? (await kafkaMissing())
const program = [process.execPath, '--import', 'tsx', 'main.ts']

describe('roles as processes, over real Kafka and Ceph', () => {
  let kafka: KafkaCluster
  let stack: Stack
  beforeAll(async () => {
    if (missing !== undefined) return
    kafka = await KafkaCluster.start(1)
    const s3 = await (await startedCeph()).newBucket()
    stack = await eventually(() =>
      Stack.start({ kafka: kafka.address, s3, folder, program, partitionCount: 2, counts: { distributor: 2 } }),
    )
  }, 120_000)
  afterAll(async () => {
    await stack?.stop('SIGKILL')
    await kafka?.stop()
  })

  test('distributors take spans in, end well when they are asked to, and start again where they were', async ({
    skip,
  }) => {
    skip(missing !== undefined, missing)
    const [first, second] = stack.of('distributor')
    expect(await sendOtlp(first!.otlp!, requestOf([[1, 1]]))).toBe(200)
    expect(await sendOtlp(second!.otlp!, requestOf([[2, 2]]))).toBe(200)
    const { api } = first!
    expect(await first!.end('SIGTERM')).toEqual([0, null])
    await first!.start()
    expect(first!.api).toBe(api)
    expect(JSON.parse(await first!.get('/status', { accept: 'application/json' }))).toMatchObject({
      instance: 'distributor-0',
      ready: true,
      log: { topic: 'tempo-ingest' },
    })
    expect(await first!.get('/status/config')).toMatch(/^ingest:\n {2}kafka:\n {4}address: 127\.0\.0\.1:\d+$/m)
  }, 60_000)
})
