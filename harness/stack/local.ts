import { mkdirSync } from 'node:fs'
import { resolve } from 'node:path'
import { messageOf } from '../../lib/error.ts'
import { s3ConfigOf } from '../../lib/storage/s3/config.ts'
import { untilAsked } from '../process/signals.ts'
import { cephMissing, startCeph } from './ceph.ts'
import { KafkaCluster, kafkaMissing } from './kafka.ts'
import { Stack, usualCounts } from './stack.ts'

/** Runs what deploy/compose.yaml has as processes on this machine, until it is asked to end: `deploy/local [s3://bucket/prefix]`. */
async function runLocal(bucket: string | undefined): Promise<void> {
  const missing = (await kafkaMissing()) ?? (bucket === undefined ? cephMissing : undefined)
  if (missing !== undefined) throw new Error(missing)
  const folder = resolve('deploy-local')
  mkdirSync(folder, { recursive: true })
  const kafka = await KafkaCluster.start(3)
  const ceph = bucket === undefined ? await startCeph() : undefined
  const s3 = ceph === undefined ? s3ConfigOf(bucket!) : await ceph.newBucket()
  const program = [process.execPath, '--import', 'tsx', 'main.ts']
  const options = { kafka: kafka.address, s3, folder, program, partitionCount: 2, counts: usualCounts }
  const stack = await Stack.start(options)
  const asked = untilAsked()
  const places = stack.processes.map(
    ({ instance, api, otlp }) => `${instance} at ${api}${otlp ? `, OTLP at ${otlp}` : ''}`,
  )
  process.stderr.write(`${places.join('\n')}\nuntil Ctrl-C\n`)
  await asked
  await stack.stop()
  await ceph?.end()
  await kafka.stop()
}

runLocal(process.argv[2]).catch(error => {
  process.stderr.write(`error: ${messageOf(error)}\n`)
  process.exitCode = 1
})
