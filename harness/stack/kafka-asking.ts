import { Connection, metadataV12 } from '@platformatic/kafka'
import type { Broker, KafkaCluster } from './kafka.ts'

/** The broker that leads a partition; fails where none does, or none says. */
export async function leaderOf({ nodes }: KafkaCluster, topic: string, partition: number): Promise<Broker> {
  const { topics } = await Promise.any(
    nodes.map(({ address }) => asking(address, connection => metadataV12.api.async(connection, [topic]))),
  )
  const found = topics[0]!.partitions.find(({ partitionIndex }) => partitionIndex === partition)
  const leader = found && nodes[found.leaderId - 1]
  if (leader === undefined) throw new Error(`no broker leads partition ${partition} of ${topic}`)
  return leader
}

/** What the broker at an address answers over a connection of its own. */
export async function asking<T>(address: string, ask: (connection: Connection) => Promise<T>): Promise<T> {
  const [host, port] = address.split(':') as [string, string]
  const connection = new Connection('harness')
  connection.on('error', () => {})
  await connection.connect(host, Number(port))
  try {
    return await ask(connection)
  } finally {
    connection.socket.destroy()
  }
}
