import { z } from 'zod'
import { LabError } from '../error.ts'
import { clusterIdentityKey } from '../serve/bucket.ts'
import { checkShape, parseJson } from '../storage/json.ts'
import { type BlobStore, putBytes, readIfThere } from '../storage/store.ts'
import { clusterPrefix } from './commits/commit.ts'
import type { LogIdentity } from './log/log.ts'

/** Of a log, in an object that says whose it is. */
export const logSchema: z.ZodType<LogIdentity> = z.object({
  cluster: z.string(),
  topic: z.string(),
  topicId: z.string(),
})
const schema = z.object({ version: z.literal(1), log: logSchema })

const advice = 'name another place: storage.trace.s3.prefix or storage.trace.local.path'

/**
 * Makes a store that of the cluster with a log, where it is empty; `name` is how errors call it. Throws where it is another
 * one's, for offsets of one log mean nothing in another, or has what no cluster has made.
 */
export async function claimStore(store: BlobStore, name: string, identity: LogIdentity): Promise<void> {
  const { cluster, topic, topicId } = identity
  let owner = await ownerOf(store, name)
  if (owner === undefined) {
    const foreign = await foreignKey(store)
    // The first role of the same cluster may have begun to write meanwhile.
    owner = foreign === undefined ? undefined : await ownerOf(store, name)
    if (foreign !== undefined && owner === undefined)
      throw new LabError('invalid', `${name}: has ${foreign}, which is no cluster's: ${advice}`)
  }
  if (owner === undefined) {
    const bytes = Buffer.from(`${JSON.stringify({ version: 1, log: { cluster, topic, topicId } })}\n`)
    if ((await putBytes(store, clusterIdentityKey, bytes, { ifAbsent: true })) === 'stored') return
    owner = await ownerOf(store, name)
  }
  if (owner?.cluster === cluster && owner.topic === topic && owner.topicId === topicId) return
  throw new LabError(
    'invalid',
    `${name}: belongs to the cluster whose log is ${owner && print(owner)}, and ingest.kafka leads to ${print(identity)}: ${advice}`,
  )
}

/** The log of the cluster that has a store; undefined where none has. */
async function ownerOf(store: BlobStore, name: string): Promise<LogIdentity | undefined> {
  const key = `${name}/${clusterIdentityKey}`
  const bytes = await readIfThere(store, clusterIdentityKey)
  return bytes && checkShape(schema, parseJson(bytes, key), key).log
}

/** An object that is not a cluster's own, nor one of those by which stores are tried. */
async function foreignKey(store: BlobStore): Promise<string | undefined> {
  for await (const { key } of store.list(''))
    if (!key.startsWith(`${clusterPrefix}/`) && !key.startsWith('probe/')) return key
  return undefined
}

function print({ cluster, topic, topicId }: LogIdentity): string {
  return `the topic ${JSON.stringify(topic)} (${topicId}) of Kafka ${cluster}`
}
