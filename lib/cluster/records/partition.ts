import { fnv1 } from '../../bytes/hash.ts'

/** The partition of a trace: its token as Tempo computes it, FNV-1 of tenant and trace id, modulo their number. */
export function partitioner(tenant: string, partitionCount: number): (traceId: Uint8Array) => number {
  const start = fnv1(Buffer.from(tenant))
  return traceId => fnv1(traceId, start) % partitionCount
}
