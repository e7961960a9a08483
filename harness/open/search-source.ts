import { LabError, withSubject } from '../../lib/error.ts'
import type { Format, SearchableFile } from '../../lib/formats/format.ts'
import { formats } from '../../lib/formats/formats.ts'
import { Losses } from '../../lib/formats/losses.ts'
import { defaultMaxBytes, groupByTrace } from '../../lib/import/group.ts'
import { type Inputs, readInputs } from '../../lib/import/input.ts'
import { memorySource } from '../../lib/model/memory-source.ts'
import type { SpanSource } from '../../lib/model/scan.ts'
import type { Trace } from '../../lib/model/trace.ts'
import { sampleOf, weightedSource } from '../../lib/sampling/weights.ts'
import { joinSources } from '../../lib/search/join-sources.ts'
import { namedSource } from '../../lib/search/named-source.ts'
import { type CountingReader, countReads, type Reads } from '../../lib/storage/counting.ts'
import { listDirectory } from '../../lib/storage/files.ts'
import { isS3Address } from '../../lib/storage/s3/config.ts'
import { WorkerPool } from '../../lib/workers/pool.ts'
import { whole } from '../text/format.ts'
import { fileBegins, headOf, withFiles } from './blockpack-files.ts'
import { type LeftOut, printSample, reportLeftOut } from './left-out.ts'

/** Files open for search: their spans as one source, and what each of them holds. */
export interface SearchSource {
  readonly source: SpanSource
  readonly files: readonly SearchedFile[]
  /** What of the files cannot be found. */
  readonly leftOut: LeftOut
  /** Threads for questions about many spans, as long as the files are open. */
  readonly workers: WorkerPool
}

/** A file that is searched in place, or all other captures together. */
export interface SearchedFile extends Omit<SearchableFile, 'source'> {
  readonly name: string
  readonly byteLength: number
  /**
   * What was read of a file by its indexes, and how much of it to open it and to know how its spans
   * were sampled; captures are read whole.
   */
  readonly reads?: { readonly file: CountingReader; readonly toOpen: Reads }
}

/** How much of captures that cannot be searched as they lie is held in memory. */
export interface CaptureLimits {
  /** Decompressed. */
  readonly maxBytes: number
  readonly maxSpans: number
}

export const captureLimits: CaptureLimits = { maxBytes: 2 ** 28, maxSpans: 1_000_000 }

/**
 * What `work` makes of the spans of all files, which are open as long as it runs. Blockpack files and blocks of Tempo are
 * searched in place. All other captures are read whole; those that are too large for this are refused. A trace with spans
 * in several files is one trace. What is left out is reported, also where `work` fails.
 */
export async function withSearchSource<T>(
  paths: readonly string[],
  work: (opened: SearchSource) => Promise<T>,
  { skipBad, limits = captureLimits }: { skipBad?: boolean | undefined; limits?: CaptureLimits } = {},
): Promise<T> {
  return withBlockSources(paths, async (opened, captures) => {
    const losses = new Losses({ skipsBad: skipBad === true })
    const held = captures.length > 0 ? await holdCaptures(captures, losses, limits) : undefined
    const all = held ? [...opened, held] : opened
    const joined = joinSources(all.map(({ source }) => source))
    const unread = { dropped: losses.list(), skipped: held?.skipped ?? [], bad: losses.listBad() }
    const sampled = await sampleOf(joined)
    const files = all.map(({ file }) => openedFile(file))
    const workers = new WorkerPool()
    try {
      if (held?.file.spanCount === 0) throw new LabError('invalid', `${held.file.name}: holds no spans`)
      const leftOut = { ...unread, sampled }
      const answer = await work({ source: weightedSource(joined), files, leftOut, workers })
      if (sampled !== undefined) process.stderr.write(`${printSample(sampled)}\n`)
      return answer
    } finally {
      await workers.close()
      reportLeftOut(unread, skipBad)
    }
  })
}

/** A file of which nothing has been asked so far. */
function openedFile(file: SearchedFile): SearchedFile {
  return file.reads ? { ...file, reads: { ...file.reads, toOpen: { ...file.reads.file.reads } } } : file
}

/**
 * What `work` makes of files that can be searched in place, which are open as long as it runs, and of the paths of other
 * captures. A folder of such files stands for its files.
 */
export async function withBlockSources<T>(
  paths: readonly string[],
  work: (blocks: readonly Opened[], captures: readonly string[]) => Promise<T>,
): Promise<T> {
  const [blocks, captures] = await sortOut(paths)
  return withFiles(blocks, async files => {
    const opened = await Promise.all(
      files.map((file, i) => openBlock(blocks[i]!, countReads(file), !paths.includes(blocks[i]!))),
    )
    const whole = blocks.filter((_, i) => opened[i] === undefined)
    return work(
      opened.filter(one => one !== undefined),
      [...captures, ...whole],
    )
  })
}

/** Files of formats that are searched in place, and other captures. */
async function sortOut(paths: readonly string[]): Promise<[blocks: string[], captures: string[]]> {
  const blocks: string[] = []
  const captures: string[] = []
  for (const path of paths) {
    const files = await listDirectory(path).catch(error => {
      // Errors of a bucket name it, with where it is.
      throw isS3Address(path) ? error : withSubject(path, error)
    })
    const isBlock = await Promise.all(
      (files ?? [path]).map(file => fileBegins(file, head => searchableFormat(head) !== undefined)),
    )
    if (isBlock.length > 0 && isBlock.every(Boolean)) blocks.push(...(files ?? [path]))
    else if (isS3Address(path)) throw notBlocks(files?.[isBlock.indexOf(false)] ?? path)
    else captures.push(path)
  }
  return [blocks, captures]
}

function notBlocks(path: string): LabError {
  const advice = 'of a bucket only blockpack files and blocks of Tempo are read: name these, or download it'
  return new LabError('unsupported', `${path}: is another format; ${advice}`)
}

/** The format of files that begin so and can be searched in place. */
function searchableFormat(head: Uint8Array): Format | undefined {
  return formats.find(({ open, detect }) => open !== undefined && detect(head))
}

/** An open file as a source, whose errors name it. */
export interface Opened {
  readonly source: SpanSource
  readonly file: SearchedFile
}

async function openBlock(name: string, file: CountingReader, isListed: boolean): Promise<Opened | undefined> {
  const head = await headOf(file)
  file.reset()
  try {
    const found = await searchableFormat(head)!.open!(file, name, isListed)
    if (found === undefined) return undefined
    const { source, ...counts } = found
    const reads = { file, toOpen: { ...file.reads } }
    return { source: namedSource(name, source), file: { name, byteLength: file.byteLength, ...counts, reads } }
  } catch (error) {
    throw withSubject(name, error)
  }
}

async function holdCaptures(
  paths: readonly string[],
  losses: Losses,
  limits: CaptureLimits,
): Promise<Opened & Pick<LeftOut, 'skipped'>> {
  const inputs = readInputs(paths, { losses })
  const name = paths.map(path => (path === '-' ? 'standard input' : path)).join(', ')
  const traces: Trace[] = []
  let spanCount = 0
  for await (const batch of groupByTrace(refuseLarge(inputs, name, limits), { maxBytes: defaultMaxBytes }))
    for (const trace of batch) {
      traces.push(trace)
      spanCount += trace.spans.length
    }
  return {
    source: memorySource(traces),
    skipped: inputs.skipped,
    file: { name, byteLength: inputs.byteLength(), batchCount: 1, traceCount: traces.length, spanCount },
  }
}

async function* refuseLarge(
  inputs: Inputs,
  name: string,
  { maxBytes, maxSpans }: CaptureLimits,
): AsyncIterable<readonly Trace[]> {
  let spanCount = 0
  for await (const batch of inputs.batches) {
    for (const { spans } of batch) spanCount += spans.length
    if (inputs.byteLength() > maxBytes || spanCount > maxSpans)
      throw new LabError(
        'unsupported',
        `${name}: over ${whole(maxBytes / 2 ** 20)} MiB or ${whole(maxSpans)} spans, too large to search in memory: convert it --to blockpack first`,
      )
    yield batch
  }
}

/** What a question has cost: of captures all of their bytes. */
export function bytesRead(files: readonly SearchedFile[]): number {
  return files.reduce((sum, { reads, byteLength }) => sum + (reads?.file.reads.bytes ?? byteLength), 0)
}
