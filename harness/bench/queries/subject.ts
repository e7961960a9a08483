import { LabError } from '../../../lib/error.ts'
import { memorySource } from '../../../lib/model/memory-source.ts'
import type { SpanSource } from '../../../lib/model/scan.ts'
import type { Trace } from '../../../lib/model/trace.ts'
import { type CountingReader, countReads } from '../../../lib/storage/counting.ts'
import { type LocalFile, openLocal } from '../../../lib/storage/local.ts'
import { exact, type Phase } from '../../../phases/phase.ts'
import { loadPhase } from '../../lab/discover.ts'
import { type SearchSource, withSearchSource } from '../../open/search-source.ts'
import { Clock, type Seconds } from '../../process/clock.ts'
import { measureDecode } from '../../process/measure.ts'
import type { OpeningCost, Question, ReadCost } from '../../runs/query-bench-schema.ts'
import type { Kept } from './answer-difference.ts'
import { type Answer, ask, type Terms } from './ask.ts'
import { askDuckDb, type PeerName, withDatabase } from './sql/duckdb.ts'
import { describeTable } from './sql/table.ts'

/** What is asked: the file of a phase, by itself or by a peer that reads it, or a block as it lies in its folder. */
export type Subject =
  | { readonly phasePath: string; readonly variant?: string; readonly file: string; readonly peer?: PeerName }
  | { readonly block: string }

/** A file as an operation finds it: nothing of it is known but what opening it tells. */
export interface Opened {
  ask(question: Question, terms: Terms): Promise<Answer>
  readonly opening: OpeningCost
  /** What a decoding took that the operation needs; 0 where the file opens. */
  readonly decoding: Seconds
  /** Since it was opened; of a file that was decoded, by that. */
  reads(): ReadCost
}

/** Opens a subject anew for each operation. */
export interface Opener {
  readonly kept: Kept
  /** Whether opening is what it does: else the file is decoded for each operation. */
  readonly isOpening: boolean
  open<T>(work: (opened: Opened) => Promise<T>): Promise<T>
}

const none: Seconds = { wall: 0, cpu: 0 }

/** What `work` makes of a subject. A phase that does not open its file decodes it so many times, and asks what it gave. */
export async function withOpener<T>(
  subject: Subject,
  decodeCount: number,
  work: (opener: Opener) => Promise<T>,
): Promise<T> {
  if ('block' in subject) return work(blockOpener(subject.block))
  const phase = await loadPhase(subject.phasePath, subject.variant)
  if (subject.peer !== undefined) return work(await peerOpener(phase, subject.file))
  const file = await openLocal(subject.file)
  try {
    return await work(phase.open ? phaseOpener(phase, file) : await decodingOpener(phase, file, decodeCount))
  } finally {
    await file.close()
  }
}

function phaseOpener(phase: Phase, file: LocalFile): Opener {
  return {
    kept: phase.fidelity,
    isOpening: true,
    async open(work) {
      const counted = countReads(file)
      const clock = new Clock()
      const source = await clock.inside(() => phase.open!(counted))
      const opening = { ...costOf([counted]), seconds: clock.read() }
      counted.reset()
      return work({ ask: asking(source), opening, decoding: none, reads: () => costOf([counted]) })
    },
  }
}

function blockOpener(path: string): Opener {
  return {
    kept: exact,
    isOpening: true,
    async open(work) {
      const clock = new Clock()
      clock.start()
      return withSearchSource([path], opened => {
        clock.stop()
        const files = countersOf(opened, path)
        const opening = { ...costOf(files), seconds: clock.read() }
        for (const file of files) file.reset()
        return work({ ask: asking(opened.source), opening, decoding: none, reads: () => costOf(files) })
      })
    },
  }
}

/** The files of a block; fails where it was read whole, as captures are. */
export function countersOf({ files }: SearchSource, path: string): CountingReader[] {
  return files.map(({ reads }) => {
    if (reads === undefined)
      throw new LabError('unsupported', `${path}: holds no block that can be searched as it lies`)
    return reads.file
  })
}

async function decodingOpener(phase: Phase, file: LocalFile, decodeCount: number): Promise<Opener> {
  const counted = countReads(file)
  const decodings: Seconds[] = []
  let traces: Trace[] = []
  for (let i = 0; i < decodeCount; i++) {
    counted.reset()
    traces = []
    const decoding = measureDecode(phase, counted)
    for await (const batch of decoding.batches) traces.push(...batch)
    decodings.push(decoding.seconds())
  }
  const ask = asking(memorySource(traces))
  const opening = { bytes: 0, requests: 0, roundTrips: 0, seconds: none }
  let next = 0
  return {
    kept: phase.fidelity,
    isOpening: false,
    open: work => work({ ask, opening, decoding: decodings[next++ % decodeCount]!, reads: () => costOf([counted]) }),
  }
}

function asking(source: SpanSource): Opened['ask'] {
  return (question, terms) => ask(source, question, terms)
}

/** What a catalog would know of the file is found once; each opening is an instance and a connection of its own. */
async function peerOpener({ fidelity }: Phase, file: string): Promise<Opener> {
  const table = await withDatabase(file, ({ ask }) => describeTable(ask))
  return {
    kept: fidelity,
    isOpening: true,
    async open(work) {
      const clock = new Clock()
      clock.start()
      return withDatabase(file, database => {
        clock.stop()
        const opening = { ...unknown, seconds: clock.read() }
        const ask: Opened['ask'] = (question, terms) => askDuckDb(database.ask, table, question, terms)
        return work({ ask, opening, decoding: none, reads: () => unknown })
      })
    },
  }
}

const unknown: ReadCost = { bytes: null, requests: null, roundTrips: null }

function costOf(files: readonly CountingReader[]): ReadCost {
  const sum = (one: (file: CountingReader) => number) => files.reduce((total, file) => total + one(file), 0)
  return {
    bytes: sum(({ reads }) => reads.bytes),
    requests: sum(({ reads }) => reads.ranges),
    roundTrips: sum(({ roundTrips }) => roundTrips),
  }
}
