import type { Trace } from '../model/trace.ts'
import { shredTrace } from './objects.ts'
import { RowTrace } from './row-traces.ts'
import type { Segment } from './shred.ts'

/** Adds a trace to a segment, by the driver of what it is made of. */
export function addTrace(segment: Segment, trace: Trace): void {
  if (trace instanceof RowTrace) trace.shred(segment)
  else shredTrace(segment, trace)
}
