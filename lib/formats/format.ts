import type { ByteSink, RangeReader } from '../bytes/range.ts'
import type { SpanSource } from '../model/scan.ts'
import type { Span, Trace } from '../model/trace.ts'
import type { SpanRows } from '../shred/rows.ts'
import type { Parcel } from '../workers/message.ts'
import type { WorkerPool } from '../workers/pool.ts'
import type { Shared } from '../workers/task.ts'
import type { Losses } from './losses.ts'

/** One format of traces: how it is recognised and read, and what else can be done with it. */
export interface Format {
  /** What `--format` and `--to` call it. */
  readonly name: string
  readonly title: string
  /** True where the input, of which `head` is the first part (64 KiB or all of it), looks like this format. */
  detect(head: Uint8Array): boolean
  /**
   * The input's traces as pieces: spans of a trace may lie in several pieces and batches, in the order of the input.
   * Errors are `LabError`s that begin with the place: `byte 812: …` or `line 3: …`. The losses decide which of them end
   * the reading.
   */
  read(chunks: AsyncIterable<Uint8Array>, losses: Losses): AsyncIterable<readonly Trace[]>
  /** The same as rows, which it adds to those given and yields whenever some have come: they may be cleared then. */
  readRows?(
    chunks: AsyncIterable<Uint8Array>,
    losses: Losses,
    rows: SpanRows,
    workers?: WorkerPool,
  ): AsyncIterable<SpanRows>
  /**
   * The same of a local file that is not compressed, for a format that is read by ranges. It `isListed` where a folder
   * was named that has it, not the file.
   */
  readFile?(path: string, losses: Losses, isListed: boolean): AsyncIterable<readonly Trace[]>
  /** Opens such a file for a format whose files are batches of whole traces. */
  openBatches?(path: string): Promise<TraceBatches>
  /** The traces of a batch that a worker was given. */
  readBatch?(batch: never, file: never): Promise<readonly Trace[]>
  /** Writes whole traces. */
  write?(batches: AsyncIterable<readonly Trace[]>, sink: ByteSink): Promise<void>
  /** The same in parts, which several threads encode. */
  readonly parts?: Parts<unknown>
  /** What it cannot hold, where there is such. */
  readonly refusal?: Refusal
  /** Opens a file for searches in place; undefined where it must be read whole. `path` is where it lies. */
  open?(file: RangeReader, path: string, isListed: boolean): Promise<SearchableFile | undefined>
}

/** The path in a span of what a format cannot hold, and why; undefined where it holds the span. */
export type Refusal = (span: Span) => string | undefined

/** A file whose spans can be searched in place. */
export interface SearchableFile {
  readonly source: SpanSource
  readonly batchCount: number
  readonly traceCount: number
  readonly spanCount: number
}

/** A file of batches, each of which can be read alone. */
export interface TraceBatches {
  readonly batches: readonly TraceBatch[]
  close(): Promise<void>
}

export interface TraceBatch {
  readonly spanCount: number
  /** The ids of its traces. */
  ids(): Promise<readonly string[]>
  read(): Promise<readonly Trace[]>
  /** As `read`, for who writes them in this format again: they are copied, and take longer for anything else. */
  copy(): Promise<readonly Trace[]>
  /** What a worker reads it of. */
  share(): Promise<{ readonly input: Parcel<unknown>; readonly file: Shared }>
}

/** Encodes traces so that what several encoders give can be joined: parts are the same for all and can be cloned. */
export interface Parts<Part> {
  /** What one thread encodes traces with; it is of no use after an error, as of a span that the format cannot hold. */
  encoder(): (traces: readonly Trace[]) => Part
  write(parts: AsyncIterable<Part>, sink: ByteSink): Promise<void>
}
