import { Connection, metadataV12 } from '@platformatic/kafka'
import { eventually } from './eventually.ts'
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

/** Waits until all brokers are there, so that a topic can have its replicas. */
export function untilReady({ nodes }: KafkaCluster): Promise<void> {
  return eventually(async () => {
    const [first] = nodes
    const { brokers } = await asking(first!.address, connection => metadataV12.api.async(connection, []))
    if (brokers.length < nodes.length) throw new Error(`Kafka has ${brokers.length} of ${nodes.length} brokers`)
  })
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
