import { join } from 'node:path'
import { LabError } from '../../../lib/error.ts'
import { folderStore } from '../../../lib/storage/folder-store.ts'
import { defaultPatience } from '../../../lib/storage/s3/bucket.ts'
import { RequestCounts } from '../../../lib/storage/s3/requests.ts'
import { s3Store } from '../../../lib/storage/s3/store.ts'
import type { BlobStore } from '../../../lib/storage/store.ts'
import { inWorkFolder } from '../../../lib/storage/work-folder.ts'
import { cephMissing, startCeph } from '../../stack/ceph.ts'
import { eventually } from '../../stack/eventually.ts'
import { KafkaCluster, kafkaMissing } from '../../stack/kafka.ts'
import { Stack, topic } from '../../stack/stack.ts'
import { type ClusterJob, partitionCount } from './job.ts'
import { cpuSecondsBelow } from './watch.ts'

const startMillis = 120_000

/** What the roles stand on. */
export const engines = ['Kafka', 'Ceph'] as const
export type Engine = (typeof engines)[number]

/** A cluster as deploy/local has it. */
export interface Cluster {
  readonly stack: Stack
  /** Its object store, and what this process asks of it; a folder takes no requests. */
  readonly store: BlobStore
  readonly storeName: 'Ceph' | 'folder'
  readonly requests: RequestCounts
  /** Bytes of all records so far as they lie in the log, one copy of them. */
  logBytes(): Promise<number>
  /** CPU seconds so far of what the roles stand on. */
  cpuSeconds(): Readonly<Record<Engine, number>>
}

/** What `measure` gives of a cluster that is started for it: real Kafka, and real Ceph or a folder where there is none. */
export async function withCluster<T>(job: ClusterJob, measure: (cluster: Cluster) => Promise<T>): Promise<T> {
  const missing = await kafkaMissing()
  if (missing !== undefined) throw new LabError('invalid', missing)
  return inWorkFolder(async folder => {
    const ends: (() => Promise<void>)[] = []
    try {
      const kafka = await KafkaCluster.start(job.brokers)
      ends.push(() => kafka.stop())
      const ceph = cephMissing === undefined ? await startCeph() : undefined
      if (ceph) ends.push(() => ceph.end())
      const s3 = await ceph?.newBucket()
      const options = {
        ...{ kafka: kafka.address, s3, folder, program: job.program, partitionCount, counts: job.counts },
        block: { version: job.format === 'blockpack' ? 'vblockpack' : job.format },
        config: { block_builder: { consume_cycle_duration: `${job.cycleSeconds}s` } },
      }
      // Kafka takes a while until it makes topics.
      const stack = await eventually(() => Stack.start(options), startMillis)
      ends.push(() => stack.stop())
      const requests = new RequestCounts(key => key)
      return await measure({
        stack,
        store: s3 ? await s3Store(s3, defaultPatience, requests) : folderStore(join(folder, 'blocks')),
        storeName: s3 ? 'Ceph' : 'folder',
        requests,
        logBytes: () => kafka.topicBytes(topic),
        cpuSeconds: () => ({
          Kafka: kafka.nodes.reduce((sum, { pid }) => sum + cpuSecondsBelow(pid), 0),
          Ceph: (ceph?.pids ?? []).reduce((sum, pid) => sum + cpuSecondsBelow(pid), 0),
        }),
      })
    } finally {
      for (const end of ends.reverse()) await end()
    }
  })
}
