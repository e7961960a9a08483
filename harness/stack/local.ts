import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { messageOf } from '../../lib/error.ts'
import { s3ConfigOf } from '../../lib/storage/s3/config.ts'
import { untilAsked } from '../process/signals.ts'
import { cephMissing, startCeph } from './ceph.ts'
import { KafkaCluster, kafkaMissing } from './kafka.ts'
import { untilReady } from './kafka-asking.ts'
import { Stack, usualCounts } from './stack.ts'

/** What was started, to be ended in the opposite order. */
type Ends = (() => Promise<unknown>)[]

/**
 * Runs what deploy/compose.yaml has as processes on this machine, until it is asked to end, which counts while it starts as well:
 * `deploy/local [s3://bucket/prefix]`. The log and what live stores keep end with it; a bucket that is named stays.
 */
async function runLocal(bucket: string | undefined): Promise<void> {
  const missing = (await kafkaMissing()) ?? (bucket === undefined ? cephMissing : undefined)
  if (missing !== undefined) throw new Error(missing)
  const asked = untilAsked()
  const ends: Ends = []
  try {
    const started = startAll(bucket, ends).then(stack => process.stderr.write(`${placesOf(stack)}\nuntil Ctrl-C\n`))
    await Promise.all([started, asked])
  } finally {
    for (const end of ends.reverse()) await end()
  }
}

async function startAll(bucket: string | undefined, ends: Ends): Promise<Stack> {
  const s3 = bucket === undefined ? undefined : s3ConfigOf(bucket)
  const folder = await mkdtemp(join(tmpdir(), 'trace-storage-lab-local-'))
  ends.push(() => rm(folder, { recursive: true }))
  const kafka = await KafkaCluster.start(3)
  ends.push(() => kafka.stop())
  await untilReady(kafka)
  const ceph = s3 === undefined ? await startCeph() : undefined
  if (ceph !== undefined) ends.push(() => ceph.end())
  const program = [process.execPath, '--import', 'tsx', 'main.ts']
  const places = { kafka: kafka.address, s3: s3 ?? (await ceph!.newBucket()), folder, program }
  const stack = await Stack.start({ ...places, partitionCount: 2, counts: usualCounts })
  ends.push(() => stack.stop())
  return stack
}

function placesOf({ processes }: Stack): string {
  return processes
    .map(({ instance, api, otlp }) => `${instance} at ${api}${otlp ? `, OTLP at ${otlp}` : ''}`)
    .join('\n')
}

runLocal(process.argv[2]).then(
  () => process.exit(),
  error => {
    process.stderr.write(`error: ${messageOf(error)}\n`)
    process.exit(1)
  },
)
