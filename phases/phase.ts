import type { ByteSink, RangeReader } from '../lib/bytes/range.ts'
import type { Format, Refusal } from '../lib/formats/format.ts'
import type { Answer, Question } from '../lib/model/question.ts'
import type { SpanSource } from '../lib/model/scan.ts'
import type { Trace } from '../lib/model/trace.ts'
import type { WorkerPool } from '../lib/workers/pool.ts'

/** What a round trip keeps. The harness derives it by comparison and holds it against the phase's claim. */
export interface Fidelity {
  traceOrder: boolean
  spanOrder: boolean
  /** The order of the attributes of one list; also of equal keys among them. */
  attributeOrder: boolean
  /** `renamed`: consistently; parents and links follow; ids that name nothing in the data stay. Needs `spanOrder`. */
  spanIds: 'kept' | 'renamed'
  /** What is lost, in words; empty for all but lossy phases. */
  lossy: readonly string[]
}

/** The claim of most phases: all comes back as it was. */
export const exact: Fidelity = {
  traceOrder: true,
  spanOrder: true,
  attributeOrder: true,
  spanIds: 'kept',
  lossy: [],
}

/** Settings of a phase. The harness adds `zstdLevel` where the user gave `--zstd-level`, but to the baseline. */
export type Options = Readonly<Record<string, string | number | boolean>>

/** One experiment: a file `NN-slug.ts` in this folder whose default export is a phase. The file name registers it. */
export interface Phase {
  title: string
  /** The idea in a sentence, for `list`. */
  idea: string
  fidelity: Fidelity
  /** What the variants keep that keep something else, by variant. */
  fidelities?: Readonly<Record<string, Fidelity>>
  /** True for NDJSON under zstd 19, whose size every row's gain is over. Its one encoding serves for both. */
  isBaseline?: true
  /** Settings by name, the default first; each is a row. Without variants the one row has no options. */
  variants?: Readonly<Record<string, Options>>
  /**
   * Writes the traces to `sink`, front to back. Each trace id comes once, its spans together. A batch must not be kept:
   * memory stays bounded on any size.
   */
  encode(batches: AsyncIterable<readonly Trace[]>, sink: ByteSink, options: Options): Promise<void>
  /** Reads the traces back from nothing but the file. */
  decode(file: RangeReader): AsyncIterable<readonly Trace[]>
  /** For a phase that can use all cores: `encode` on workers, with the same bytes, and the format whose batches they decode. */
  onWorkers?: {
    readonly format: Format
    encode(
      batches: AsyncIterable<readonly Trace[]>,
      sink: ByteSink,
      options: Options,
      workers: WorkerPool,
    ): Promise<void>
  }
  /** Opens the file for queries, by what it holds for them. A phase without is queried after a full decode. */
  open?(file: RangeReader): Promise<SpanSource>
  /** Lossy phases: answers from what was kept, with the bounds of the error. Without, what `open` gives is asked. */
  answer?(file: RangeReader, question: Question): Promise<Answer>
  /** What of a span the format cannot hold: `encode` fails on it, and `--skip-bad` leaves it out of the run's input. */
  refusal?: Refusal
  /** Bytes by part; they sum to the file's size. */
  parts?(file: RangeReader): Promise<Record<string, number>>
}

/** The zstd level to use: the user's, or the phase's own. */
export function zstdLevel(options: Options, own: number): number {
  return typeof options.zstdLevel === 'number' ? options.zstdLevel : own
}
