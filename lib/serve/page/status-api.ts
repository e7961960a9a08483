import { get } from './api.ts'

/** What the server says of itself below `/status`, as far as the page shows it. */

export interface TenantRow {
  tenant: string
  spansPerSecond: number
  bytesPerSecond: number
  requestsPerSecond: number
  spans: number
  refused: number
  rejectedSpans: number
  recentSpans: number
  blocks: number
  blockSpans: number
  blockBytes: number
}

export interface FileRow {
  file: string
  spans: number
  bytes: number
}

export interface Status {
  version: string
  uptimeSeconds: number
  ports: Record<string, number>
  store?: Record<string, number>
  tenants?: TenantRow[]
  files?: FileRow[]
  warnings: { time: string; message: string }[]
  warningCount: number
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

export const getStatus = (): Promise<Status> => get<Status>('status')
export const getBlocks = (): Promise<BlocksStatus> => get<BlocksStatus>('status/blocks')
export const getRates = (): Promise<RateHistory> => get<RateHistory>('status/rates')
