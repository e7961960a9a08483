import { type Connection, produceV9, Writer } from '@platformatic/kafka'

const [allReplicas, noTransaction] = [-1, null]
const { key: apiKey, version } = produceV9.api

export interface ProduceRequest {
  readonly topic: string
  readonly partition: number
  readonly batch: Buffer
  /** How long the broker may wait for its replicas. */
  readonly waitMillis: number
}

/**
 * Appends a batch, and gives the offset of its first record once all in-sync replicas have it. The client's own writer of
 * batches is not used: it has no zstd on Node 20, and copies what it writes three times.
 */
export function produceBatch(connection: Connection, request: ProduceRequest): Promise<number> {
  return new Promise((resolve, reject) => {
    connection.send(
      ...([apiKey, version, () => writeRequest(request), produceV9.parseResponse, true, true] as const),
      (error, answer) => {
        if (error) reject(error)
        else resolve(Number(answer!.responses[0]!.partitionResponses[0]!.baseOffset))
      },
    )
  })
}

function writeRequest({ topic, partition, batch, waitMillis }: ProduceRequest): Writer {
  return Writer.create()
    .appendString(noTransaction)
    .appendInt16(allReplicas)
    .appendInt32(waitMillis)
    .appendArray([topic], writer => {
      writer.appendString(topic).appendArray([batch], own => {
        own
          .appendInt32(partition)
          .appendUnsignedVarInt(batch.length + 1)
          .append(batch)
      })
    })
    .appendTaggedFields()
}
