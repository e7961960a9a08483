import { hashBitsOf } from '../../../lib/formats/blockpack/indexes/trace-index.ts'
import { compactionPieceBytes } from '../../../lib/serve/blocks/maintain.ts'
import { type CompactionConfig, defaultCompaction } from '../../../lib/serve/blocks/plan.ts'
import { endBytes } from '../../../lib/storage/remote.ts'
import { wholeBytes } from '../../../lib/storage/s3/upload.ts'

/** Blocks that have the same number of traces. */
interface Alike {
  readonly count: number
  readonly traces: number
}

/** A compaction that is done several times, and the traces of each of its inputs. */
export interface Step {
  readonly times: number
  readonly inputs: readonly number[]
}

type Limits = Pick<CompactionConfig, 'maxInputs' | 'maxTraces'>

/** What becomes of the blocks of a window by the rules of `planBlocks`: level by level as they fill up, and the rest once it is over. */
export function compactionsOf(blocks: Alike, isOver = true, limits: Limits = defaultCompaction): Step[] {
  const { steps, left } = whileOpen(blocks, limits)
  return isOver ? [...steps, ...onceOver(left, limits)] : steps
}

function isFull(traces: number, { maxTraces }: Limits): boolean {
  return traces * 2 > maxTraces
}

/** What fills up, and what is left, the smallest first. */
function whileOpen({ count, traces }: Alike, limits: Limits): { steps: Step[]; left: Alike[] } {
  const { maxInputs, maxTraces } = limits
  const steps: Step[] = []
  const left: Alike[] = []
  while (count >= maxInputs && !isFull(traces, limits) && traces * maxInputs <= maxTraces) {
    const times = Math.floor(count / maxInputs)
    steps.push({ times, inputs: Array(maxInputs).fill(traces) })
    left.push({ count: count - times * maxInputs, traces })
    ;[count, traces] = [times, traces * maxInputs]
  }
  return { steps, left: [...left, { count, traces }] }
}

/** The smallest become one, until two have no room in one. */
function onceOver(left: readonly Alike[], limits: Limits): Step[] {
  const steps: Step[] = []
  const sizes = left.flatMap(({ count, traces }) => (isFull(traces, limits) ? [] : Array<number>(count).fill(traces)))
  for (;;) {
    const inputs = sizes.slice(0, fittingOf(sizes, limits))
    if (inputs.length < 2) return steps
    steps.push({ times: 1, inputs })
    sizes.splice(0, inputs.length)
    const made = sumOf(inputs)
    if (!isFull(made, limits)) sizes.splice(sizes.findLastIndex(own => own <= made) + 1, 0, made)
  }
}

/** How many of the first ones become one. */
function fittingOf(sizes: readonly number[], { maxInputs, maxTraces }: Limits): number {
  let [count, sum] = [0, 0]
  while (count < maxInputs && count < sizes.length && sum + sizes[count]! <= maxTraces) sum += sizes[count++]!
  return count
}

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, own) => sum + own, 0)
}

/** Bands of a page group, which lie apart. */
const requestsOfLookup = 3
/** Of a file of several pieces: the rest of its table of contents, its dictionaries, and its index. */
const requestsBehind = 3
/** An upload in parts asks three times more than one of a piece. */
const requestsOfParts = 3

/**
 * Requests that read what becomes one: of each input its end and its pieces (of 64 KiB, 4 MiB and so on 1, 2 …), and a page group
 * for each trace of another input that its index cannot tell from its own.
 */
export function readsOf(inputs: readonly number[], bytesPerTrace: number): number {
  return inputs.reduce((sum, traces, i) => {
    const bytes = traces * bytesPerTrace
    if (bytes <= endBytes) return sum + 1
    const pieces = Math.ceil(bytes / compactionPieceBytes)
    if (pieces <= 2) return sum + 1 + pieces
    const inVain = sumOf(inputs.slice(0, i)) * (traces / 2 ** hashBitsOf(traces))
    return sum + 1 + pieces + requestsBehind + inVain * requestsOfLookup
  }, 0)
}

/** Requests that write what comes of a compaction, beyond those that a small one takes. */
export function partRequestsOf(inputs: readonly number[], bytesPerTrace: number): number {
  return sumOf(inputs) * bytesPerTrace > wholeBytes ? requestsOfParts : 0
}

/** What all compactions of a window come to. */
export interface Compaction {
  readonly count: number
  readonly inputs: number
  /** How often a trace is written again. */
  readonly rewrites: number
  readonly reads: number
  readonly partRequests: number
  /** Of the largest block that is made. */
  readonly largestTraces: number
}

export function totalOf(steps: readonly Step[], blocks: Alike, bytesPerTrace: number): Compaction {
  const total = (of: (inputs: readonly number[]) => number) =>
    steps.reduce((sum, { times, inputs }) => sum + times * of(inputs), 0)
  return {
    count: total(() => 1),
    inputs: total(({ length }) => length),
    rewrites: total(sumOf) / (blocks.count * blocks.traces),
    reads: total(inputs => readsOf(inputs, bytesPerTrace)),
    partRequests: total(inputs => partRequestsOf(inputs, bytesPerTrace)),
    largestTraces: Math.max(blocks.traces, ...steps.map(({ inputs }) => sumOf(inputs))),
  }
}
