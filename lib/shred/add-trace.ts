import type { Trace } from '../model/trace.ts'
import { shredTrace } from './objects.ts'
import type { Segment } from './shred.ts'

/** A trace that is not made of spans, and has a way of its own into a segment. */
interface ShreddedTrace extends Trace {
  shred(segment: Segment): void
}

/** Adds a trace to a segment, by the driver of what it is made of. */
export function addTrace(segment: Segment, trace: Trace): void {
  if (isShredded(trace)) trace.shred(segment)
  else shredTrace(segment, trace)
}

function isShredded(trace: Trace): trace is ShreddedTrace {
  return 'shred' in trace
}
