import type { Span } from '../../model/trace.ts'
import type { BodyReader, BodyWriter } from './body.ts'
import { Exceptions, readExceptions } from './exceptions.ts'
import { readGrouped, writeGrouped } from './grouped.ts'
import { readNumbers, writeNumbers } from './numbers.ts'
import {
  chooseUnits,
  durationModes,
  expectedDuration,
  expectedStart,
  ModeChooser,
  startModes,
  type Times,
  timeLimit,
  units,
} from './times.ts'
import type { Plan } from './topology.ts'
import { readWide, writeWide } from './wide.ts'

/** What the times of a trace are encoded relative to: its plan and the nodes of its spans. */
export interface Timed {
  readonly plan: Plan
  readonly nodes: ArrayLike<number>
}

/** Writes the starts and ends of all spans of a block: anchors, then differences from what the relations expect. */
export function writeTimes(
  body: BodyWriter,
  traces: readonly Timed[],
  spans: readonly (readonly Span[])[],
  nodeCount: number,
): void {
  const anchors = spans.map((rows, i) => rows[traces[i]!.plan.order[0]!]!.startNanos)
  writeAnchors(body, anchors)
  const exceptions = new Exceptions()
  let first = 0
  const times = spans.map((rows, i) => {
    first += rows.length
    return timesOf(rows, anchors[i]!, exceptions, first - rows.length)
  })
  exceptions.write(body, 'starts')
  const starts = new ModeChooser(nodeCount, startModes)
  const durations = new ModeChooser(nodeCount, durationModes)
  forRows(traces, (row, node, trace, isAnchor) => {
    const { plan } = traces[trace]!
    const own = times[trace]!
    for (let mode = 0; mode < startModes && !isAnchor; mode++)
      starts.add(node, mode, own.starts[row]! - expectedStart(mode, row, plan, own))
    for (let mode = 0; mode < durationModes; mode++)
      durations.add(node, mode, own.durations[row]! - expectedDuration(mode, row, plan, own))
  })
  const [startMode, durationMode] = [starts.choose(), durations.choose()]
  const found = { startNodes: [] as number[], starts: [] as number[], nodes: [] as number[], durations: [] as number[] }
  forRows(traces, (row, node, trace, isAnchor) => {
    const { plan } = traces[trace]!
    const own = times[trace]!
    if (!isAnchor) {
      found.startNodes.push(node)
      found.starts.push(own.starts[row]! - expectedStart(startMode[node]!, row, plan, own))
    }
    found.nodes.push(node)
    found.durations.push(own.durations[row]! - expectedDuration(durationMode[node]!, row, plan, own))
  })
  writeInUnits(body, 'starts', nodeCount, startMode, found.startNodes, Float64Array.from(found.starts))
  writeInUnits(body, 'durations', nodeCount, durationMode, found.nodes, Float64Array.from(found.durations))
}

/** Reads the starts and ends, a pair of lists a trace. */
export function readTimes(
  body: BodyReader,
  traces: readonly Timed[],
  nodeCount: number,
): { starts: bigint[][]; ends: bigint[][] } {
  const anchors = readAnchors(body, traces.length)
  const spanCount = traces.reduce((sum, { nodes }) => sum + nodes.length, 0)
  const exceptions = readExceptions(body, 'starts', 2 * spanCount)
  const [startNodes, nodes]: number[][] = [[], []]
  forRows(traces, (_, node, __, isAnchor) => {
    if (!isAnchor) startNodes!.push(node)
    nodes!.push(node)
  })
  const starts = readInUnits(body, 'starts', nodeCount, startModes, startNodes!)
  const durations = readInUnits(body, 'durations', nodeCount, durationModes, nodes!)
  const times: Times[] = traces.map(trace => ({
    starts: new Float64Array(trace.nodes.length),
    durations: new Float64Array(trace.nodes.length),
  }))
  let [nextStart, next] = [0, 0]
  forRows(traces, (row, node, trace, isAnchor) => {
    const { plan } = traces[trace]!
    const own = times[trace]!
    if (!isAnchor) own.starts[row] = starts.values[nextStart++]! + expectedStart(starts.modes[node]!, row, plan, own)
    own.durations[row] = durations.values[next++]! + expectedDuration(durations.modes[node]!, row, plan, own)
    if (!(Math.abs(own.starts[row]!) <= timeLimit && Math.abs(own.durations[row]!) <= timeLimit))
      body.fail(`a time of ${own.starts[row]} + ${own.durations[row]} ns after its trace`)
  })
  return absolute(times, anchors, exceptions)
}

/** Visits all rows of all traces in the order of their plans. */
function forRows(
  traces: readonly Timed[],
  visit: (row: number, node: number, trace: number, isAnchor: boolean) => void,
): void {
  traces.forEach(({ plan, nodes }, trace) => {
    for (const [i, row] of plan.order.entries()) visit(row, nodes[row]!, trace, i === 0)
  })
}

function writeAnchors(body: BodyWriter, anchors: readonly bigint[]): void {
  writeWide(
    body,
    'starts of traces',
    anchors.map((anchor, i) => BigInt.asIntN(64, anchor - (i === 0 ? 0n : anchors[i - 1]!))),
  )
}

function readAnchors(body: BodyReader, count: number): bigint[] {
  let anchor = 0n
  return readWide(body, 'starts of traces', count).map(step => {
    anchor = BigInt.asUintN(64, anchor + step)
    return anchor
  })
}

/** The starts after the anchor and the durations; where they are too large both are 0 and the times exceptions. */
function timesOf(spans: readonly Span[], anchor: bigint, exceptions: Exceptions, first: number): Times {
  const starts = Float64Array.from(spans, ({ startNanos }) => Number(startNanos - anchor))
  const durations = Float64Array.from(spans, ({ startNanos, endNanos }) => Number(endNanos - startNanos))
  spans.forEach(({ startNanos, endNanos }, row) => {
    if (Math.abs(starts[row]!) <= timeLimit && Math.abs(durations[row]!) <= timeLimit) return
    exceptions.add(2 * (first + row), startNanos)
    exceptions.add(2 * (first + row) + 1, endNanos)
    starts[row] = 0
    durations[row] = 0
  })
  return { starts, durations }
}

/** Starts and ends after the epoch, a pair of lists a trace. */
function absolute(
  times: readonly Times[],
  anchors: readonly bigint[],
  exceptions: ReadonlyMap<number, bigint>,
): { starts: bigint[][]; ends: bigint[][] } {
  const starts: bigint[][] = []
  const ends: bigint[][] = []
  let first = 0
  times.forEach((own, trace) => {
    const whole = (row: number, end: number) =>
      exceptions.size === 0 ? undefined : exceptions.get(2 * (first + row) + end)
    const begun = Array.from(
      own.starts,
      (start, row) => whole(row, 0) ?? BigInt.asUintN(64, anchors[trace]! + BigInt(start)),
    )
    starts.push(begun)
    ends.push(
      Array.from(own.durations, (length, row) => whole(row, 1) ?? BigInt.asUintN(64, begun[row]! + BigInt(length))),
    )
    first += own.starts.length
  })
  return { starts, ends }
}

/** Differences, by node in the node's mode and unit. */
export function writeInUnits(
  body: BodyWriter,
  part: string,
  nodeCount: number,
  modes: Uint8Array,
  nodes: readonly number[],
  values: Float64Array,
): void {
  const unitOf = chooseUnits(nodeCount, nodes, values)
  writeNumbers(body, part, modes)
  writeNumbers(body, part, unitOf)
  const quotients = values.map((value, i) => value / units[unitOf[nodes[i]!]!]!)
  writeGrouped(body, part, quotients, nodes, nodeCount)
}

export function readInUnits(
  body: BodyReader,
  part: string,
  nodeCount: number,
  modeCount: number,
  nodes: readonly number[],
): { modes: Float64Array; values: Float64Array } {
  const modes = readNumbers(body, part, nodeCount)
  const unitOf = readNumbers(body, part, nodeCount)
  if (!modes.every(mode => mode >= 0 && mode < modeCount)) body.fail(`a mode of ${part} that is not known`)
  if (!unitOf.every(unit => unit >= 0 && unit < units.length)) body.fail(`a unit of ${part} that is not known`)
  const values = readGrouped(body, part, nodes, nodeCount)
  return { modes, values: values.map((value, i) => value * units[unitOf[nodes[i]!]!]!) }
}
