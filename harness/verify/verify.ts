import { firstDifference, printDifference } from '../../lib/model/difference.ts'
import { Digester, everyOrder, type Orders } from '../../lib/model/digest.ts'
import type { Span, Trace } from '../../lib/model/trace.ts'
import { withoutSampling } from '../../lib/sampling/threshold.ts'
import type { Fidelity } from '../../phases/phase.ts'
import { linkResolver, type Resolve, relabel } from './span-id-renaming.ts'

/** What the comparison has shown. Without a problem, `kept` is at least what was claimed. */
export interface Verdict {
  kept: Omit<Fidelity, 'lossy'>
  /** Traces that came back whole, by the claimed orders. */
  wholeTraceCount: number
  problem: string | null
}

export type Batches = AsyncIterable<readonly Trace[]>

const allKept: Verdict['kept'] = { traceOrder: true, spanOrder: true, attributeOrder: true, spanIds: 'kept' }

/**
 * Compares what came back with what went in, both as streams, against the claim. Where every order is claimed, trace by
 * trace; else by two digests a trace id, one that heeds every order and one that heeds the claimed, and what differs is
 * read again for its path. `actual` is run once, and again only for a path or for renamed ids. Where not every order is
 * claimed, the ids of traces that came back whole go to `wholeTraceIds`.
 */
export async function verify(
  expected: () => Batches,
  actual: () => Batches,
  claim: Fidelity,
  wholeTraceIds?: Set<string>,
): Promise<Verdict> {
  const isStrict =
    claim.traceOrder && claim.spanOrder && claim.attributeOrder && claim.spanIds === 'kept' && claim.lossy.length === 0
  return isStrict ? verifyInOrder(expected(), actual()) : verifyByDigest(expected, actual, claim, wholeTraceIds)
}

async function verifyInOrder(expected: Batches, actual: Batches): Promise<Verdict> {
  const want = traces(expected)
  const got = traces(actual)
  try {
    for (let index = 0; ; index++) {
      const [a, b] = [await want.next(), await got.next()]
      if (a.done && b.done) return { kept: allKept, wholeTraceCount: index, problem: null }
      const problem = a.done || b.done ? await countProblem(index, a, want, got) : difference(index, a.value, b.value)
      if (problem) return { kept: allKept, wholeTraceCount: index, problem }
    }
  } finally {
    await want.return(undefined)
    await got.return(undefined)
  }
}

type TraceIterator = AsyncGenerator<Trace, undefined>

async function* traces(batches: Batches): TraceIterator {
  for await (const batch of batches) yield* batch
}

async function countProblem(
  index: number,
  next: IteratorResult<Trace>,
  want: TraceIterator,
  got: TraceIterator,
): Promise<string> {
  let rest = 1
  for await (const _ of next.done ? got : want) rest++
  const [expected, actual] = next.done ? [index, index + rest] : [index + rest, index]
  return `/: ${expected} traces, got ${actual}`
}

function difference(index: number, expected: Trace, actual: Trace): string | null {
  const found = firstDifference(expected, actual)
  return found ? `/${index}${printDifference(found)}` : null
}

/** What is known of an expected trace while the actual ones are read. */
interface Known {
  index: number
  exact: string
  claimed: string
}

async function verifyByDigest(
  expected: () => Batches,
  actual: () => Batches,
  claim: Fidelity,
  wholeTraceIds: Set<string> | undefined,
): Promise<Verdict> {
  if (claim.spanIds === 'renamed' && !claim.spanOrder)
    return failed('claims renamed span ids without the order of spans: such a renaming cannot be proved')
  const [wanted, got] = [await viewOf(expected, claim), await viewOf(actual, claim)]
  const known = new Map<string, Known>()
  for await (const trace of traces(expected()))
    known.set(trace.traceId, { index: known.size, exact: wanted.exact(trace), claimed: wanted.claimed(trace) })
  const kept = { ...allKept }
  let differing: string | undefined
  let [index, wholeTraceCount] = [0, 0]
  const countWhole = (traceId: string) => {
    wholeTraceCount++
    wholeTraceIds?.add(traceId)
  }
  for await (const trace of traces(actual())) {
    const original = known.get(trace.traceId)
    known.delete(trace.traceId)
    if (original && original.index !== index) kept.traceOrder = false
    index++
    if (original && original.exact === got.exact(trace)) countWhole(trace.traceId)
    else if (original && original.claimed === got.claimed(trace)) {
      countWhole(trace.traceId)
      kept.spanOrder &&= claim.spanOrder
      kept.attributeOrder &&= claim.attributeOrder
      if (claim.spanIds === 'renamed') kept.spanIds = 'renamed'
    } else differing ??= trace.traceId
  }
  if (claim.lossy.length > 0) return { kept, wholeTraceCount, problem: null }
  const problem = await firstProblem(expected, actual, claim, { differing, missing: [...known.keys()][0], kept })
  return { kept, wholeTraceCount, problem }
}

function failed(problem: string): Verdict {
  return { kept: allKept, wholeTraceCount: 0, problem }
}

/** The two digests of the traces of one side. */
interface View {
  exact(trace: Trace): string
  claimed(trace: Trace): string
}

async function viewOf(side: () => Batches, claim: Fidelity): Promise<View> {
  const exact = new Digester(everyOrder)
  const claimed = new Digester(claim)
  const normalise = await normaliser(side, claim)
  return { exact: trace => exact.digest(trace), claimed: trace => claimed.digest(normalise(trace)) }
}

/** What a sample notes of itself is not of the trace: where traces may be left out, those that stay are whole with it. */
function withoutNotes({ traceId, spans }: Trace): Trace {
  return { traceId, spans: spans.map(span => ({ ...span, traceState: withoutSampling(span.traceState) })) }
}

async function normaliser(side: () => Batches, claim: Fidelity): Promise<(trace: Trace) => Trace> {
  const own = claim.lossy.length > 0 ? withoutNotes : (trace: Trace) => trace
  if (claim.spanIds === 'kept') return own
  const resolve: Resolve = await linkResolver(side)
  return trace => relabel(own(trace), resolve)
}

async function firstProblem(
  expected: () => Batches,
  actual: () => Batches,
  claim: Fidelity,
  found: { differing: string | undefined; missing: string | undefined; kept: Verdict['kept'] },
): Promise<string | null> {
  if (claim.traceOrder && !found.kept.traceOrder) return '/: claims the order of traces, which is not kept'
  if (found.missing !== undefined) return `/: trace ${found.missing} did not come back`
  if (found.differing === undefined) return null
  const [a, b] = [await findTrace(expected, found.differing), await findTrace(actual, found.differing)]
  if (!a) return `/: trace ${found.differing} came back, which is not in the data`
  const [normaliseA, normaliseB] = [await normaliser(expected, claim), await normaliser(actual, claim)]
  const path = firstDifference(sorted(normaliseA(a.trace), claim), sorted(normaliseB(b!.trace), claim))
  return path ? `/${a.index}${printDifference(path)}` : `/: trace ${found.differing} came back more than once`
}

async function findTrace(side: () => Batches, traceId: string): Promise<{ index: number; trace: Trace } | undefined> {
  let index = 0
  for await (const trace of traces(side())) {
    if (trace.traceId === traceId) return { index, trace }
    index++
  }
  return undefined
}

/** The trace in an order that does not depend on the orders that do not count, so that a path can be named. */
function sorted(trace: Trace, orders: Orders): Trace {
  const spans = orders.attributeOrder ? [...trace.spans] : trace.spans.map(sortAttributes)
  if (!orders.spanOrder) spans.sort((a, b) => compare(a.spanId, b.spanId) || compare(a.name, b.name))
  return { ...trace, spans }
}

function sortAttributes(span: Span): Span {
  return { ...span, attributes: [...span.attributes].sort((a, b) => compare(a.key, b.key)) }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
