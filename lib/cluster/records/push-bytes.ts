import { LabError } from '../../error.ts'
import { WireWriter } from '../../wire/protobuf/writer.ts'
import { wireOf } from './outline.ts'

/** Tempo's record: traces, each a message with ResourceSpans in field 1, and their ids beside them. */
export interface PushBytes {
  readonly traces: readonly Buffer[]
  readonly ids: readonly Buffer[]
}

const tags = { trace: 0x12, id: 0x1a, skipMetricsGeneration: 0x28 } as const
/** The tag and length of one trace, and its id, at most. */
export const traceOverheadBytes = 24

/** Encodes PushBytesRequest as Tempo does: all traces, then all ids. */
export function encodePushBytes({ traces, ids }: PushBytes): Buffer {
  const byteLength = traces.reduce((sum, trace) => sum + trace.length + traceOverheadBytes, 0)
  const wire = new WireWriter(byteLength)
  for (const trace of traces) wire.bytes(tags.trace, trace)
  for (const id of ids) wire.bytes(tags.id, id)
  return wire.take()
}

/** Reads PushBytesRequest; traces and ids are views. Unknown fields are passed over. */
export function decodePushBytes(bytes: Buffer): PushBytes {
  const wire = wireOf(bytes)
  const [traces, ids]: [Buffer[], Buffer[]] = [[], []]
  for (let tag = wire.tag(); tag !== 0; tag = wire.tag())
    if (tag === tags.trace) traces.push(wire.view(wire.range('traces')))
    else if (tag === tags.id) ids.push(wire.view(wire.range('ids')))
    else wire.skip(tag)
  if (traces.length === ids.length) return { traces, ids }
  throw new LabError('corrupt', `has ${traces.length} traces and ${ids.length} trace ids, expected as many`)
}

/** Whether the first byte of a record is that of Tempo's format. */
export function beginsPushBytes(byte: number): boolean {
  return byte === tags.trace || byte === tags.id || byte === tags.skipMetricsGeneration
}
