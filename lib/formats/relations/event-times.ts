import type { BodyReader, BodyWriter } from './body.ts'
import { Exceptions, readExceptions } from './exceptions.ts'
import { readInUnits, writeInUnits } from './timeline.ts'
import { eventModes, ModeChooser, timeLimit } from './times.ts'

const part = 'times of events'

/** Writes the times of all events; `spans` gives for each span that has events its times, the nodes and the times. */
export function writeEventTimes(
  body: BodyWriter,
  spans: readonly { startNanos: bigint; endNanos: bigint; nodes: readonly number[]; times: readonly bigint[] }[],
  nodeCount: number,
): void {
  const nodes = spans.flatMap(span => span.nodes)
  if (nodes.length === 0) return
  const exceptions = new Exceptions()
  const differences: Float64Array[] = Array.from({ length: eventModes }, () => new Float64Array(nodes.length))
  const chooser = new ModeChooser(nodeCount, eventModes)
  let position = 0
  for (const { startNanos, endNanos, times } of spans) {
    let before = startNanos
    for (const time of times) {
      const found = [startNanos, before, endNanos].map(base => Number(time - base))
      if (found.some(difference => Math.abs(difference) > timeLimit)) exceptions.add(position, time)
      else
        found.forEach((difference, mode) => {
          differences[mode]![position] = difference
          chooser.add(nodes[position]!, mode, difference)
        })
      before = time
      position++
    }
  }
  exceptions.write(body, part)
  const modes = chooser.choose()
  const values = Float64Array.from(nodes, (node, i) => differences[modes[node]!]![i]!)
  writeInUnits(body, part, nodeCount, modes, nodes, values)
}

/** Reads the predictions of `eventTime` for the events with these nodes. */
export function readEventTimes(body: BodyReader, nodes: readonly number[], nodeCount: number): EventTimes {
  if (nodes.length === 0) return { modes: new Float64Array(), differences: new Float64Array(), wide: new Map() }
  const wide = readExceptions(body, part, nodes.length)
  const { modes, values } = readInUnits(body, part, nodeCount, eventModes, nodes)
  for (const value of values)
    if (!(Math.abs(value) <= timeLimit)) body.fail(`an event ${value} ns from where it is expected`)
  return { modes, differences: values, wide }
}

/** By event: the difference from what its node's mode names; `wide` has the times that are kept whole. */
export interface EventTimes {
  readonly modes: Float64Array
  readonly differences: Float64Array
  readonly wide: ReadonlyMap<number, bigint>
}

/** The time of event number `position` of node `node`, of a span with these times, after an event at `before`. */
export function eventTime(
  times: EventTimes,
  position: number,
  node: number,
  bases: readonly [startNanos: bigint, before: bigint, endNanos: bigint],
): bigint {
  const whole = times.wide.size === 0 ? undefined : times.wide.get(position)
  return whole ?? BigInt.asUintN(64, bases[times.modes[node]!]! + BigInt(times.differences[position]!))
}
