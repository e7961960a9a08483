import { randomUUID } from 'node:crypto'
import {
  ConfigResourceTypes,
  createPartitionsV3,
  deleteRecordsV2,
  deleteTopicsV6,
  findCoordinatorV4,
  incrementalAlterConfigsV1,
  offsetFetchV9,
} from '@platformatic/kafka'
import { eventually } from '../../harness/stack/eventually.ts'
import type { KafkaCluster } from '../../harness/stack/kafka.ts'
import { asking, leaderOf } from '../../harness/stack/kafka-asking.ts'
import { defaultKafka, type KafkaConfig } from '../../lib/cluster/log/kafka/config.ts'
import { KafkaLog } from '../../lib/cluster/log/kafka/kafka-log.ts'

const adminMillis = 10_000
const setOperation = 0 as const

/** Opens a new topic of a cluster, as soon as it can be reached. */
export function newTopic(cluster: KafkaCluster, partitionCount: number, config: Partial<KafkaConfig> = {}) {
  const topic = `spans-${randomUUID().slice(0, 8)}`
  return openTopic(cluster, { topic, createTopic: { partitionCount }, ...config })
}

export async function openTopic(cluster: KafkaCluster, config: Partial<KafkaConfig>) {
  const whole = { ...defaultKafka, address: cluster.address, ...config }
  return { config: whole, log: await eventually(() => KafkaLog.open(whole)) }
}

/** Removes records before an offset, as retention does. */
export async function deleteRecords(cluster: KafkaCluster, topic: string, partition: number, first: number) {
  const { address } = await leaderOf(cluster, topic, partition)
  const request = [{ name: topic, partitions: [{ partitionIndex: partition, offset: BigInt(first) }] }]
  await asking(address, connection => deleteRecordsV2.api.async(connection, request, adminMillis))
}

export async function deleteTopic(cluster: KafkaCluster, name: string): Promise<void> {
  await asking(cluster.nodes[0]!.address, connection => deleteTopicsV6.api.async(connection, [{ name }], adminMillis))
}

/** Gives a topic of one partition more, at the first broker. */
export async function growTopic(cluster: KafkaCluster, name: string, count: number): Promise<void> {
  const { address } = cluster.nodes[0]!
  const assignments = Array.from({ length: count - 1 }, () => ({ brokerIds: [1] }))
  const request = [{ name, count, assignments }]
  await asking(address, connection => createPartitionsV3.api.async(connection, request, adminMillis, false))
}

/** Sets one of a topic's settings. */
export async function setTopic(cluster: KafkaCluster, topic: string, name: string, value: string): Promise<void> {
  const resource = { resourceType: ConfigResourceTypes.TOPIC, resourceName: topic }
  const request = [{ ...resource, configs: [{ name, configOperation: setOperation, value }] }]
  const { address } = cluster.nodes[0]!
  await asking(address, connection => incrementalAlterConfigsV1.api.async(connection, request, false))
}

/** The offset that a group has committed. */
export async function committedOf(cluster: KafkaCluster, groupId: string, name: string, partition: number) {
  const { address } = cluster.nodes[0]!
  const { coordinators } = await asking(address, connection => findCoordinatorV4.api.async(connection, 0, [groupId]))
  const groups = [{ groupId, memberId: '', memberEpoch: -1, topics: [{ name, partitionIndexes: [partition] }] }]
  const at = `${coordinators[0]!.host}:${coordinators[0]!.port}`
  const answer = await asking(at, connection => offsetFetchV9.api.async(connection, groups, false))
  return Number(answer.groups[0]!.topics[0]!.partitions[0]!.committedOffset)
}
