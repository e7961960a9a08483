import { type Head, readHead } from '../bytes/head.ts'
import { LabError, naming, withSubject } from '../error.ts'
import { detectFormat } from '../formats/detect.ts'
import type { Format, Refusal } from '../formats/format.ts'
import { formatNamed } from '../formats/formats.ts'
import { holdable } from '../formats/holdable.ts'
import type { Losses } from '../formats/losses.ts'
import type { Trace } from '../model/trace.ts'
import { objectBatches } from '../shred/row-traces.ts'
import { SpanRows } from '../shred/rows.ts'
import { kindOf, listDirectory, openFile } from '../storage/files.ts'
import { openLocal } from '../storage/local.ts'
import { mayBeJson } from '../wire/json/object-starts.ts'
import type { WorkerPool } from '../workers/pool.ts'
import { readBatches } from './batches.ts'
import { decompress } from './decompress.ts'
import { leaveOut } from './leave-out.ts'

const headLength = 1 << 16
/** Keys that identify a format may come as late as this in the first objects of an input. */
const maxHeadLength = 1 << 26

/** A file that is read or was: its format and the bytes read so far, decompressed. */
export interface InputFile {
  readonly path: string
  readonly format: string
  readonly byteLength: number
}

/** A file of a directory that holds no traces, and why it is thought so. */
export interface SkippedFile {
  readonly path: string
  readonly reason: string
}

/** What `--format` and its like say about inputs. */
export interface InputOptions {
  /** The name of the format; recognised by content where absent. */
  format?: string | undefined
  losses: Losses
  /** What makes a span bad, since it is read for a target that cannot hold it. */
  refusal?: Refusal | undefined
  /** For what is large. */
  workers?: WorkerPool | undefined
}

/** The traces of all inputs as pieces, in the order of the paths. The lists and the count grow while they are read. */
export interface Inputs {
  readonly batches: AsyncIterable<readonly Trace[]>
  /** The same instead, as rows where the format has them: all in one, which may be cleared whenever it comes. */
  readonly pieces: AsyncIterable<readonly Trace[] | SpanRows>
  readonly files: readonly InputFile[]
  readonly skipped: readonly SkippedFile[]
  /** The bytes read so far, decompressed. */
  byteLength(): number
}

/**
 * Opens files, directories and `-` (the standard input). gzip and zstd are undone. Of a directory, the files below it
 * are read by path, hidden ones left out, and those that are in no known format (or not in the one named) are skipped,
 * unless all are. Every error begins with the file's name and format; places in it are those of the decompressed
 * content. Where the losses skip what is bad, a file that cannot be read is left out, but for a
 * missing one that is named.
 */
export function readInputs(paths: readonly string[], { format, losses, refusal, workers }: InputOptions): Inputs {
  const files: MutableFile[] = []
  const skipped: SkippedFile[] = []
  const wanted = format === undefined ? undefined : formatNamed(format)
  const pieces = readPaths({ paths, wanted, losses, refusal, files, skipped, rows: new SpanRows(), workers })
  return {
    files,
    skipped,
    batches: objectBatches(pieces),
    pieces,
    byteLength: () => files.reduce((sum, file) => sum + file.byteLength, 0),
  }
}

interface MutableFile extends InputFile {
  byteLength: number
}

interface Reading {
  paths: readonly string[]
  wanted: Format | undefined
  losses: Losses
  refusal: Refusal | undefined
  files: MutableFile[]
  skipped: SkippedFile[]
  rows: SpanRows
  workers: WorkerPool | undefined
}

type Piece = readonly Trace[] | SpanRows

interface Opened extends Head {
  path: string
}

async function* readPaths(reading: Reading): AsyncIterable<Piece> {
  for (const path of reading.paths) {
    const files = await naming(nameOf(path), () => listDirectory(path))
    if (files !== undefined) yield* readDirectory(path, files, reading)
    else yield* readFile(path, reading)
  }
}

async function* readFile(path: string, reading: Reading): AsyncIterable<Piece> {
  const { wanted } = reading
  const choose = (head: Uint8Array) => wanted ?? detectFormat(head, path)
  yield* readOne(path, choose, reading, reason => leaveOut('file', nameOf(path), nameOf(path), reason, reading.losses))
}

async function* readDirectory(path: string, files: readonly string[], reading: Reading): AsyncIterable<Piece> {
  const skipped: SkippedFile[] = []
  for (const file of files) {
    const choose = (head: Uint8Array) => detectFormat(head, file, reading.wanted)
    yield* readOne(file, choose, reading, ({ message }) => skipped.push({ path: file, reason: message }))
  }
  reading.skipped.push(...skipped)
  if (skipped.length < files.length) return
  const first = skipped[0] ? `; ${skipped[0].path}: ${skipped[0].reason}` : ''
  throw new LabError('missing', `${path}: none of ${files.length} files holds traces${first}`)
}

/** The traces of one file; `skip` is called with the reason where it holds none. */
async function* readOne(
  path: string,
  choose: (head: Uint8Array) => Format,
  reading: Reading,
  skip: (reason: LabError) => void,
): AsyncIterable<Piece> {
  const opened = await openOrLeaveOut(path, reading)
  if (opened === undefined) return
  const format = await chooseFormat(opened, choose)
  if (!(format instanceof LabError)) return yield* readOpened(opened, format, reading, skip)
  await close(opened)
  if (opened.error === undefined) skip(format)
  else leaveOut('file', nameOf(path), nameOf(path), opened.error, reading.losses)
}

/** The format that the head shows, of which more is read as long as that may help; or why there is none. */
async function chooseFormat(opened: Opened, choose: (head: Uint8Array) => Format): Promise<Format | LabError> {
  for (let byteLength = headLength; ; byteLength *= 16) {
    try {
      return choose(opened.head)
    } catch (error) {
      if (!(error instanceof LabError)) throw error
      const isWhole = opened.head.length < byteLength
      if (isWhole || byteLength >= maxHeadLength || !mayBeJson(opened.head)) return error
      Object.assign(opened, await readHead(opened.chunks, byteLength * 16))
    }
  }
}

async function openOrLeaveOut(path: string, reading: Reading): Promise<Opened | undefined> {
  try {
    return { path, ...(await readHead(await decompress(openFile(path)), headLength)) }
  } catch (error) {
    const isMissing = error instanceof LabError && error.kind === 'missing'
    if (isMissing && reading.paths.includes(path)) throw withSubject(nameOf(path), error)
    leaveOut('file', nameOf(path), nameOf(path), error, reading.losses)
    return undefined
  }
}

async function close({ chunks }: Opened): Promise<void> {
  await chunks[Symbol.asyncIterator]().return?.()
}

async function* readOpened(
  opened: Opened,
  format: Format,
  reading: Reading,
  skip: (reason: LabError) => void,
): AsyncIterable<Piece> {
  const { path, chunks } = opened
  const file: MutableFile = { path: nameOf(path), format: format.name, byteLength: 0 }
  reading.files.push(file)
  const subject = `${file.path}: ${format.name}`
  reading.losses.enter(file.path, subject)
  try {
    const plain = (format.readFile || format.openBatches) && (await plainFile(opened))
    if (plain) {
      await close(opened)
      file.byteLength = plain.byteLength
      yield* held(readPlain(path, format, reading), reading)
    } else {
      const content = counted(chunks, file, reading.losses)
      yield* reading.refusal === undefined && format.readRows
        ? format.readRows(content, reading.losses, reading.rows, reading.workers)
        : held(format.read(content, reading.losses), reading)
    }
  } catch (error) {
    if (!(error instanceof LabError && error.kind === 'missing'))
      return leaveOut('rest of the file', nameOf(path), subject, error, reading.losses)
    reading.files.pop()
    skip(error)
  }
}

function readPlain(path: string, format: Format, { losses, paths }: Reading): AsyncIterable<readonly Trace[]> {
  return format.readFile?.(path, losses, !paths.includes(path)) ?? readBatches(path, format)
}

function held(batches: AsyncIterable<readonly Trace[]>, { refusal, losses }: Reading): AsyncIterable<Piece> {
  return refusal === undefined ? batches : holdable(batches, refusal, losses)
}

/** The size of a local file whose bytes are its content; undefined for a stream and a compressed file. */
async function plainFile({ path, head }: Opened): Promise<{ byteLength: number } | undefined> {
  if (path === '-' || !(await kindOf(path)).isFile) return undefined
  const file = await openLocal(path)
  try {
    const [start] = await file.read([{ start: 0, end: Math.min(head.length, file.byteLength) }])
    return Buffer.compare(start!, head) === 0 ? { byteLength: file.byteLength } : undefined
  } finally {
    await file.close()
  }
}

/** Ends where a stream breaks off, so that what came before counts, if what is bad is left out. */
async function* counted(
  chunks: AsyncIterable<Uint8Array>,
  file: MutableFile,
  losses: Losses,
): AsyncIterable<Uint8Array> {
  try {
    for await (const chunk of chunks) {
      file.byteLength += chunk.length
      yield chunk
    }
  } catch (error) {
    losses.bad('rest of the file', error)
  }
}

function nameOf(path: string): string {
  return path === '-' ? 'standard input' : path
}
