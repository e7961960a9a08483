import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { RoleName } from '../../lib/cluster/roles/config.ts'
import type { S3Config } from '../../lib/storage/s3/config.ts'
import { printYaml } from '../../lib/wire/yaml.ts'
import { freePorts } from './ports.ts'
import { RoleProcess } from './role-process.ts'

/** How many processes of each role there are: what deploy/compose.yaml has. */
export const usualCounts: Readonly<Record<RoleName, number>> = {
  distributor: 1,
  'block-builder': 2,
  'live-store': 4,
  'backend-worker': 1,
  querier: 2,
  'query-frontend': 1,
}

export interface StackOptions {
  /** Addresses of Kafka's brokers. */
  readonly kafka: string
  /** Where blocks are; in a folder where absent. */
  readonly s3?: S3Config | undefined
  /** For the configuration, what live stores keep, and blocks that are in no bucket. */
  readonly folder: string
  readonly program: readonly string[]
  readonly partitionCount: number
  readonly counts: Readonly<Partial<Record<RoleName, number>>>
  /** `storage.trace.block` */
  readonly block?: object
  /** Over the configuration of all. */
  readonly config?: object
}

/** The topic of every stack. */
export const topic = 'tempo-ingest'

/** All roles of a cluster as processes on this machine, each on ports of its own, which stay as it is started again. */
export class Stack {
  readonly processes: readonly RoleProcess[]
  readonly partitionCount: number

  private constructor(processes: readonly RoleProcess[], partitionCount: number) {
    this.processes = processes
    this.partitionCount = partitionCount
  }

  static async start(options: StackOptions): Promise<Stack> {
    const { folder, program, partitionCount, counts, config } = options
    const path = join(folder, 'tempo.yaml')
    await writeFile(path, printYaml({ ...configOf(options), ...config }))
    const names = Object.entries(counts).flatMap(([role, count]) =>
      Array.from({ length: count }, (_, i) => ({ role: role as RoleName, number: i })),
    )
    const ports = await freePorts(names.length * 2)
    const processes = names.map(({ role, number }, i) => {
      const listen = ['--port', String(ports[2 * i]), '--otlp-http-port', String(ports[2 * i + 1])]
      const own = role === 'live-store' ? ['--partition', String(number % partitionCount)] : []
      const data = ['--data', join(folder, `${role}-${number}`)]
      const flags = ['--config', path, ...listen, ...own, ...data]
      return new RoleProcess({ role, instance: `${role}-${number}`, program, flags })
    })
    const stack = new Stack(processes, partitionCount)
    try {
      // The first makes the topic and the identity: errors of the configuration are told once.
      const [first, ...others] = processes
      await first!.start()
      await Promise.all(others.map(one => one.start()))
    } catch (error) {
      await stack.stop('SIGKILL')
      throw error
    }
    return stack
  }

  of(role: RoleName): RoleProcess[] {
    return this.processes.filter(one => one.role === role)
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    await Promise.all(this.processes.map(one => one.end(signal)))
  }
}

function configOf({ kafka, s3, folder, block, partitionCount }: StackOptions): object {
  return {
    ingest: {
      kafka: {
        address: kafka,
        topic,
        auto_create_topic_enabled: true,
        auto_create_topic_default_partitions: partitionCount,
      },
    },
    distributor: { receivers: { otlp: { protocols: { http: { endpoint: '127.0.0.1:4318' } } } } },
    storage: { trace: { ...(s3 ? bucketOf(s3) : folderOf(join(folder, 'blocks'))), ...(block && { block }) } },
  }
}

function folderOf(path: string): object {
  return { backend: 'local', local: { path } }
}

function bucketOf({ bucket, prefix, endpoint, region, accessKey, secretKey }: S3Config): object {
  return {
    backend: 's3',
    s3: {
      bucket,
      endpoint,
      ...(prefix && { prefix }),
      ...(region && { region }),
      ...(accessKey && { access_key: accessKey, secret_key: secretKey }),
    },
  }
}
