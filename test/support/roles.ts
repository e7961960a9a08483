import { MemoryLog, MemoryTopic } from '../../lib/cluster/log/memory.ts'
import { type ClusterConfig, defaultClusterConfig, type Target } from '../../lib/cluster/roles/config.ts'
import type { SharedPlaces } from '../../lib/cluster/roles/open-places.ts'
import { type RunningRoles, startTarget } from '../../lib/cluster/roles/start.ts'
import { memoryStore } from '../../lib/storage/memory-store.ts'
import type { BlobStore } from '../../lib/storage/store.ts'
import { anyPort } from './server.ts'

/** A log and a store in memory that roles of a test share. */
export class MemoryCluster {
  readonly topic: MemoryTopic
  readonly store: BlobStore = memoryStore()
  readonly warnings: string[] = []

  constructor(partitionCount: number) {
    this.topic = new MemoryTopic('spans', partitionCount)
  }

  /** As a process of its own would have them. */
  places(): SharedPlaces {
    return { log: new MemoryLog(this.topic, 100_000), store: this.store }
  }

  start(target: Target, change: Partial<ClusterConfig> = {}): Promise<RunningRoles> {
    const parts = { version: '1', revision: '', configText: 'target: test\n' }
    const warn = (message: string) => this.warnings.push(message)
    return startTarget(target, { ...roleConfig(), ...change }, { ...parts, places: this.places(), warn })
  }
}

/** The configuration of roles of a test: all listen on free ports, OTLP over HTTP alone. */
export function roleConfig(): ClusterConfig {
  const listen = { query: anyPort, otlpHttp: anyPort, otlpGrpc: undefined, zipkin: undefined }
  return { ...defaultClusterConfig, instance: 'one', listen }
}

/** The text of an answer with status 200. */
export async function textOf(port: number, path: string): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`)
  const text = await response.text()
  if (response.status !== 200) throw new Error(`${path}: ${response.status}: ${text}`)
  return text
}
