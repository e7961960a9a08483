import { readFile } from 'node:fs/promises'
import type { ConnectionOptions } from 'node:tls'
import { systemError } from '../../error.ts'
import type { StorageConfig } from '../../serve/server-config.ts'
import { folderStore } from '../../storage/folder-store.ts'
import { probeConditionalWrites } from '../../storage/probe.ts'
import { defaultPatience } from '../../storage/s3/bucket.ts'
import { s3Address } from '../../storage/s3/config.ts'
import { RequestCounts } from '../../storage/s3/requests.ts'
import { s3Store } from '../../storage/s3/store.ts'
import type { BlobStore } from '../../storage/store.ts'
import { objectKind } from '../commits/commit.ts'
import { claimStore } from '../identity.ts'
import type { KafkaConfig } from '../log/kafka/config.ts'
import type { PartitionedLog } from '../log/log.ts'
import type { LogConfig } from './config.ts'

/** The two things that roles share. */
export interface SharedPlaces {
  readonly log: PartitionedLog
  readonly store: BlobStore
  /** What the store was asked, where that is counted. */
  readonly requests?: RequestCounts
}

/**
 * Opens the log and the object store of a cluster, and makes sure that they belong together, and that of several writers the
 * store lets one succeed.
 */
export async function openPlaces(log: LogConfig, storage: StorageConfig): Promise<SharedPlaces> {
  // The client of Kafka takes a second to load, which only roles need.
  const { KafkaLog } = await import('../log/kafka/kafka-log.ts')
  const opened = await KafkaLog.open(await kafkaOf(log))
  try {
    const requests = new RequestCounts(objectKind)
    const { store, name } = await openStore(storage, requests)
    await probeConditionalWrites(store, name)
    await claimStore(store, name, opened.identity)
    return { log: opened, store, requests }
  } catch (error) {
    await opened.close()
    throw error
  }
}

async function openStore(
  { backend, folder, s3 }: StorageConfig,
  requests: RequestCounts,
): Promise<{ store: BlobStore; name: string }> {
  if (backend === 'local') return { store: folderStore(folder), name: folder }
  return { store: await s3Store(s3, defaultPatience, requests), name: s3Address(s3.bucket, s3.prefix ?? '') }
}

async function kafkaOf({ sasl, tls, createsTopic, createdPartitions, ...log }: LogConfig): Promise<KafkaConfig> {
  const { mechanism, username, password = '' } = sasl
  return {
    ...log,
    sasl: username === undefined ? undefined : { mechanism, username, password },
    tls: tls.isEnabled ? await tlsOf(tls) : undefined,
    createTopic: createsTopic ? { partitionCount: createdPartitions } : undefined,
  }
}

async function tlsOf({
  authority,
  certificate,
  key,
  serverName,
  acceptsAny,
}: LogConfig['tls']): Promise<ConnectionOptions> {
  const read = async (path: string | undefined) =>
    path === undefined
      ? undefined
      : readFile(path).catch(error => {
          throw systemError(path, error)
        })
  const [ca, cert, own] = await Promise.all([authority, certificate, key].map(read))
  return {
    ...(ca && { ca }),
    ...(cert && { cert }),
    ...(own && { key: own }),
    ...(serverName !== undefined && { servername: serverName }),
    rejectUnauthorized: !acceptsAny,
  }
}
