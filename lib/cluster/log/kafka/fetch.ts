import { type Connection, fetchV13, type Reader, ResponseError } from '@platformatic/kafka'

const [uncommitted, wholeSession, noSession, noEpoch] = [0, 0, -1, -1]
const { key: apiKey, version } = fetchV13.api

export interface FetchRequest {
  readonly topicId: string
  readonly partition: number
  readonly from: number
  readonly maxBytes: number
  readonly waitMillis: number
}

/** What a partition has from an offset on. */
export interface Fetched {
  /** The offset up to which all in-sync replicas have records. */
  readonly end: number
  /** Batches as they lie in the log; the last may be cut. */
  readonly batches: Buffer
}

/**
 * Asks for the batches of one partition. The client's own reader of the answer is not used: it does not know how Java
 * frames snappy, has no zstd on Node 20, and takes batches at their word, without their checksums.
 */
export function fetchBatches(connection: Connection, request: FetchRequest): Promise<Fetched> {
  return new Promise((resolve, reject) => {
    const done = (error: Error | null, fetched?: Fetched) => (error ? reject(error) : resolve(fetched!))
    connection.send(apiKey, version, () => writeRequest(request), readAnswer, true, true, done)
  })
}

function writeRequest({ topicId, partition, from, maxBytes, waitMillis }: FetchRequest) {
  const epochs = { currentLeaderEpoch: noEpoch, lastFetchedEpoch: noEpoch }
  const partitions = [{ partition, fetchOffset: BigInt(from), partitionMaxBytes: maxBytes, ...epochs }]
  const topics = [{ topicId, partitions }]
  return fetchV13.createRequest(waitMillis, 1, maxBytes, uncommitted, wholeSession, noSession, topics, [], '')
}

/** Reads the answer as far as its first partition goes: there is only that. */
function readAnswer(_: number, key: number, answered: number, reader: Reader): Fetched {
  reader.readInt32()
  check(reader.readInt16(), key, answered)
  reader.readInt32()
  if (reader.readUnsignedVarInt() <= 1) throw new Error('the broker has answered for no topic')
  reader.readUUID()
  if (reader.readUnsignedVarInt() <= 1) throw new Error('the broker has answered for no partition')
  reader.readInt32()
  check(reader.readInt16(), key, answered)
  const end = Number(reader.readInt64())
  reader.skip(16)
  // Transactions that were aborted: each two numbers of 64 bits and no tags.
  reader.skip(Math.max(0, reader.readUnsignedVarInt() - 1) * 17)
  reader.readInt32()
  const byteLength = Math.max(0, reader.readUnsignedVarInt() - 1)
  return { end, batches: reader.buffer.slice(reader.position, reader.position + byteLength) }
}

function check(code: number, key: number, answered: number): void {
  if (code !== 0) throw new ResponseError(key, answered, { '/': [code, null] }, undefined)
}
