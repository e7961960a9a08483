import { get } from './api.ts'

/** What the server says of itself below `/status`, as far as the page shows it. */

export interface TenantBlocks {
  tenant: string
  recentSpans: number
  blocks: number
  blockSpans: number
  blockBytes: number
}

export interface TenantRow extends TenantBlocks {
  spansPerSecond: number
  bytesPerSecond: number
  requestsPerSecond: number
  spans: number
  refused: number
  rejectedSpans: number
}

export interface FileRow {
  file: string
  spans: number
  bytes: number
}

export interface Status {
  version: string
  uptimeSeconds: number
  /** Absent, as tenants are, of a process of a cluster. */
  ports?: Record<string, number>
  store?: Record<string, number>
  tenants?: TenantRow[]
  files?: FileRow[]
  warnings: { time: string; message: string }[]
  warningCount: number
  /** By name, of a process of a cluster. */
  roles?: Record<string, unknown>
}

export interface BlockRow {
  tenant: string
  block: string
  level: number
  received: string
  start: string
  end: string
  traces: number
  spans: number
  bytes: number
  why: string
}

export interface BlocksStatus {
  blocks: BlockRow[]
  files?: FileRow[]
  backlog: string
}

export type RateName = 'spansPerSecond' | 'bytesPerSecond' | 'requestsPerSecond'

export interface RateHistory {
  times: string[]
  tenants: Record<string, Record<RateName, number[]>>
}

/** What a block stores of each attribute, and of what several share. */
export interface BlockBytes {
  spans: number
  bytes: number
  lines: { name: string; kind: 'attribute' | 'field' | 'shared'; byteLength: number }[]
}

/** How far a partition of a log is behind; what is not known is absent. */
export interface LagRow {
  partition: number
  committed: number
  read?: number
  end?: number
  records?: number
  bytes?: number
  seconds?: number
  problem?: string
}

export interface RingMember {
  role: string
  instance: string
  address: string
  partition?: number
}

export interface ClusterStatus {
  status: Status & { instance: string; ready: true | string; lastCommit: number }
  lag: LagRow[]
  ring: RingMember[]
  tenants: TenantBlocks[]
}

export const getStatus = (): Promise<Status> => get<Status>('status')
/** In a cluster, what they have in blocks. */
export const getTenants = (): Promise<TenantBlocks[]> => get<TenantBlocks[]>('status/tenants')
export const getBlocks = (): Promise<BlocksStatus> => get<BlocksStatus>('status/blocks')
export const getRates = (): Promise<RateHistory> => get<RateHistory>('status/rates')
/** `block` is the tenant and the id, with a slash between. */
export const getBlockBytes = (block: string, signal: AbortSignal): Promise<BlockBytes> =>
  get<BlockBytes>(`status/blocks/${block.split('/').map(encodeURIComponent).join('/')}`, {}, signal)

export async function getCluster(): Promise<ClusterStatus> {
  const [status, lag, ring, tenants] = await Promise.all([
    get<ClusterStatus['status']>('status'),
    get<LagRow[]>('status/lag'),
    get<RingMember[]>('status/ring'),
    getTenants(),
  ])
  return { status, lag, ring, tenants }
}
