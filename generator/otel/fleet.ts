import type { Resource, Scope } from '../../lib/model/trace.ts'
import { hexDigits, uuidOf } from '../identifiers.ts'
import type { Random } from '../random.ts'
import { constants } from '../words.ts'
import { dotnet, go, java, type Language, nodejs, oldNodejs, python, scopeOf } from './languages.ts'

/** A service of the shop: what its pods have in common. */
export interface Service {
  readonly name: string
  readonly language: Language
  readonly version: string
  /** What the fault `bad-version` rolls out. */
  readonly nextVersion: string
  readonly replicas: number
  readonly port: number
  /** Calls that it cannot take, of ten thousand. */
  readonly refused: number
  /** Of the service's own code. */
  readonly scope: Scope
}

/** Replicas, port, refused calls of ten thousand. */
type Scale = readonly [replicas: number, port: number, refused: number]

export const services = {
  gateway: service('api-gateway', go, '3.14.2', [3, 8080, 10]),
  user: service('user-service', java, '2.8.0', [3, 8080, 160]),
  auth: service('auth-service', go, '1.22.1', [2, 50051, 100]),
  order: service('order-service', java, '5.3.7', [4, 8080, 240]),
  payment: service('payment-service', dotnet, '4.0.12', [3, 50051, 320]),
  inventory: service('inventory-service', nodejs, '2.19.4', [3, 50051, 280]),
  fraud: service('fraud-detection', python, '0.31.0', [2, 50051, 340]),
  model: service('ml-model-service', python, '1.7.5', [2, 8500, 320]),
  warehouse: service('warehouse-service', oldNodejs, '1.4.9', [2, 8080, 180]),
  analytics: service('analytics-jobs', python, '0.12.3', [1, 0, 0]),
} as const satisfies Record<string, Service>

/** One running instance. */
export interface Pod {
  readonly service: Service
  readonly resource: Resource
  readonly ip: string
  /** What its clock is ahead of true time, a multiple of the tick. */
  readonly skewNanos: number
  /** When in each second it exports its spans. */
  readonly exportNanos: number
  /** A place in the order of all pods. */
  readonly rank: number
}

/** The pods of a service; those of the next version stand in when it is rolled out. */
export interface Replicas {
  readonly pods: readonly Pod[]
  readonly nextPods: readonly Pod[]
}

export type Fleet = ReadonlyMap<Service, Replicas>

/** Sets up all pods from a stream that is not counted. */
export function buildFleet(random: Random): Fleet {
  const nodes = Array.from({ length: 8 }, (_, i) => nodeOf(random, i))
  let rank = 0
  const build = (service: Service, version: string) => {
    const set = podHash(random, 10)
    return Array.from({ length: service.replicas }, () =>
      buildPod(service, version, { random, node: nodes[random.below('', nodes.length)], set, rank: rank++ }),
    )
  }
  return new Map(
    Object.values(services).map(service => [
      service,
      { pods: build(service, service.version), nextPods: build(service, service.nextVersion) },
    ]),
  )
}

interface Node {
  name: string
  zone: string
  skewNanos: number
}

const zones = ['eu-central-1a', 'eu-central-1b', 'eu-central-1c']

/** Most clocks are within 100 µs of true time; that of one host in eight may be off by milliseconds, of one by less. */
function nodeOf(random: Random, index: number): Node {
  const farthest = index === 5 ? 5_000_000 : index === 2 ? 800_000 : 100_000
  const name = `ip-10-0-${random.below('', 256)}-${random.below('', 256)}.eu-central-1.compute.internal`
  return { name, zone: zones[index % zones.length], skewNanos: random.below('', 2 * farthest) - farthest }
}

interface Placement {
  random: Random
  node: Node
  set: string
  rank: number
}

function buildPod(service: Service, version: string, { random, node, set, rank }: Placement): Pod {
  const { tickNanos, schemaUrl } = service.language
  const ip = `10.1.${random.below('', 256)}.${random.below('', 256)}`
  const attributes = [
    ...describeService(service, version, uuidOf(random, '')),
    ...describePlace(service, node, `${service.name}-${set}-${podHash(random, 5)}`, uuidOf(random, '')),
    ...describeProcess(service, hexDigits(random, '', 64), 1 + random.below('', 30)),
  ]
  return {
    service,
    resource: { attributes, droppedAttributesCount: 0, schemaUrl },
    ip,
    skewNanos: Math.round(node.skewNanos / tickNanos) * tickNanos,
    exportNanos: random.below('', 1e9),
    rank,
  }
}

function describeService({ name }: Service, version: string, instance: string) {
  return constants({
    'service.name': name,
    'service.namespace': 'shop',
    'service.version': version,
    'service.instance.id': instance,
    'deployment.environment.name': 'production',
  })
}

function describePlace({ name }: Service, node: Node, pod: string, uid: string) {
  return constants({
    'cloud.provider': 'aws',
    'cloud.region': 'eu-central-1',
    'cloud.availability_zone': node.zone,
    'k8s.cluster.name': 'shop-production',
    'k8s.namespace.name': 'shop',
    'k8s.deployment.name': name,
    'k8s.node.name': node.name,
    'k8s.pod.name': pod,
    'k8s.pod.uid': uid,
    'host.name': pod,
  })
}

function describeProcess({ language }: Service, containerId: string, pid: number) {
  return constants({
    'container.id': containerId,
    'os.type': 'linux',
    'process.pid': pid,
    'process.runtime.name': language.runtime[0],
    'process.runtime.version': language.runtime[1],
    'telemetry.sdk.language': language.name,
    'telemetry.sdk.name': 'opentelemetry',
    'telemetry.sdk.version': language.sdkVersion,
  })
}

const podDigits = 'bcdfghjklmnpqrstvwxz2456789'

function podHash(random: Random, length: number): string {
  return Array.from({ length }, () => podDigits[random.below('', podDigits.length)]).join('')
}

function service(name: string, language: Language, version: string, [replicas, port, refused]: Scale): Service {
  const [major, minor] = version.split('.')
  const nextVersion = `${major}.${Number(minor) + 1}.0`
  return { name, language, version, nextVersion, replicas, port, refused, scope: scopeOf(`shop.${name}`, version) }
}
