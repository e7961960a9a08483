import { expect, test } from 'vitest'
import { eventually } from '../../../../harness/stack/eventually.ts'
import { Chain } from '../../../../lib/cluster/commits/chain.ts'
import { defaultClusterConfig } from '../../../../lib/cluster/roles/config.ts'
import { labRejection } from '../../../support/errors.ts'
import { MemoryCluster, textOf } from '../../../support/roles.ts'
import { sendOtlp } from '../../../support/served.ts'
import { requestOf } from '../../../support/store-spans.ts'

const builder = { ...defaultClusterConfig.builder, cycleMillis: 10 }
const spans = Array.from({ length: 50 }, (_, i) => [i + 1, i + 1] as const)

test('what a distributor has acknowledged block builders make blocks of, which share the partitions', async () => {
  const cluster = new MemoryCluster(4)
  const distributor = await cluster.start('distributor')
  const builders = [
    await cluster.start('block-builder', { builder, instance: 'b-1' }),
    await cluster.start('block-builder', { builder, instance: 'b-2' }),
  ]
  await eventually(async () => {
    const ring = JSON.parse(await jsonOf(builders[0]!.ports.query, '/status/ring'))
    expect(ring.map(({ role, instance }: { role: string; instance: string }) => `${role} ${instance}`)).toEqual([
      'distributor one',
      'block-builder b-1',
      'block-builder b-2',
    ])
  })
  await eventually(async () =>
    expect(
      (await Promise.all(builders.map(({ ports }) => textOf(ports.query, '/metrics')))).map(
        text => [...text.matchAll(/^tempo_block_builder_owned_partitions\{partition="\d"\} 1$/gm)].length,
      ),
    ).toEqual([2, 2]),
  )
  expect(await sendOtlp(`http://127.0.0.1:${distributor.ports.otlpHttp}/v1/traces`, requestOf(spans))).toBe(200)
  await eventually(async () => {
    const { state } = await Chain.open(cluster.store)
    expect([...state.blocks.values()].reduce((sum, { totalSpans }) => sum + totalSpans, 0)).toBe(50)
  })
  const metrics = (await Promise.all(builders.map(({ ports }) => textOf(ports.query, '/metrics')))).join('\n')
  const sum = (name: string) =>
    [...metrics.matchAll(new RegExp(`^${name} (\\d+)$`, 'gm'))].reduce((total, [, value]) => total + Number(value), 0)
  expect(sum('tempo_block_builder_fetch_records_total')).toBe(4)
  expect(sum('tempo_block_builder_flushed_blocks')).toBe(4)
  expect(sum('tempo_block_builder_flush_size_bytes')).toBeGreaterThan(100)
  expect(sum('tempo_block_builder_consume_cycle_duration_seconds_count')).toBe(4)
  expect(await textOf(builders[0]!.ports.query, '/status')).toMatch(/^ {2}block-builder:\n {4}partitions:\n {6}- \d$/m)
  for (const running of [...builders, distributor]) await running.close()
  expect((await Chain.open(cluster.store)).state.number).toBe(4)
}, 60_000)

test('a builder that cannot go on says why: the process ends by it', async () => {
  const cluster = new MemoryCluster(1)
  const distributor = await cluster.start('distributor')
  const url = `http://127.0.0.1:${distributor.ports.otlpHttp}/v1/traces`
  for (let i = 0; i < 3; i++) await sendOtlp(url, requestOf(spans))
  cluster.topic.truncate(0, 2)
  const running = await cluster.start('block-builder', { builder })
  await expect(running.failed).rejects.toThrow('retention has removed 2 records that are in no block')
  await running.close()
  const accepting = await cluster.start('block-builder', { builder, acceptsLoss: true })
  await eventually(async () => expect((await Chain.open(cluster.store)).state.end(0)).toBe(3))
  expect(await textOf(accepting.ports.query, '/metrics')).toMatch(/^trace_lab_block_builder_lost_records_total 2$/m)
  await accepting.close()
  await distributor.close()
}, 60_000)

test('partitions may be given to builders by their names, of which each must have some', async () => {
  const cluster = new MemoryCluster(2)
  const assigned = { 'b-1': [1] }
  const running = await cluster.start('block-builder', { instance: 'b-1', builder: { ...builder, assigned } })
  await eventually(async () =>
    expect(await textOf(running.ports.query, '/metrics')).toMatch(
      /owned_partitions\{partition="1"\} 1\n(?!tempo_block_builder_owned)/,
    ),
  )
  await running.close()
  const error = await labRejection(cluster.start('block-builder', { builder: { ...builder, assigned } }))
  expect(error.message).toBe('block_builder.assigned_partitions: has b-1, not the instance one')
})

test('builders have so many partitions each by the numbers of their names, of those that there are', async () => {
  const cluster = new MemoryCluster(3)
  const own = { ...builder, perInstance: 2 }
  const running = await cluster.start('block-builder', { instance: 'b-1', builder: own })
  await eventually(async () =>
    expect(await textOf(running.ports.query, '/metrics')).toMatch(
      /owned_partitions\{partition="2"\} 1\n(?!tempo_block_builder_owned)/,
    ),
  )
  await running.close()
  expect(cluster.warnings).toEqual([])
  const error = await labRejection(cluster.start('block-builder', { builder: own }))
  expect(error.message).toBe('block_builder.partitions_per_instance: one has no number at its end')
})

async function jsonOf(port: number, path: string): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { headers: { accept: 'application/json' } })
  return response.text()
}
