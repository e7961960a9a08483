import { encodeZstdFrames } from '../lib/codecs/zstd-frames.ts'
import { DatasetDigest } from '../lib/dataset/digest.ts'
import { LabError } from '../lib/error.ts'
import { countSpans, type Trace } from '../lib/model/trace.ts'
import { encodeTraces } from '../lib/ndjson/print.ts'
import { type LocalFile, openLocal, writeLocal } from '../lib/storage/local.ts'
import type { Options, Phase } from '../phases/phase.ts'
import type { Seconds } from './clock.ts'
import { readDataset } from './dataset.ts'
import { loadPhase } from './discover.ts'
import { type Encoded, measureDecode, measureEncode } from './measure.ts'
import { type AskJob, askQueries, timeQueries } from './queries/time-queries.ts'
import { writeTruths } from './queries/truth.ts'
import { ReferenceModel } from './reference-model.ts'
import { type Summary, summarise } from './statistics.ts'
import { type Verdict, verify } from './verify.ts'

/** What a phase's process is told. */
interface PhaseJob {
  phasePath: string
  options: Options
  /** The dataset file. */
  dataset: string
  /** The phase's file: `prove` writes it, the others read it. */
  file: string
}

/** Is told how many more spans are done. */
export type Report = (spanCount: number) => void

/** What the pass that earns a row has found. */
export interface Proof extends Verdict {
  encoded: Encoded
  decodeSeconds: Seconds
  parts: Record<string, number> | null
}

/** Encodes to the file, decodes it and compares. */
async function prove(job: PhaseJob, report: Report): Promise<Proof> {
  const phase = await loadPhase(job.phasePath)
  const dataset = () => reporting(readDataset(job.dataset), report)
  const encoded = await writeLocal(job.file, sink =>
    measureEncode(phase, dataset(), job.options, chunk => sink.write(chunk)),
  )
  return withFile(job, async file => {
    const first = measureDecode(phase, file)
    let runs = 0
    const decode = () => (runs++ === 0 ? first.batches : phase.decode(file))
    const verdict = await verify(dataset, decode, phase.fidelity)
    return { ...verdict, encoded, decodeSeconds: first.seconds(), parts: await partsOf(phase, file) }
  })
}

/** Encodes or decodes `rounds` times in this process. Each encoding must give the bytes that were proved. */
async function time(
  job: PhaseJob & { rounds: number; sha256: string },
  report: Report,
): Promise<{ encode: Summary; decode: Summary }> {
  const phase = await loadPhase(job.phasePath)
  const encode = await summarise(job.rounds, async () => {
    const { seconds, sha256 } = await measureEncode(
      phase,
      reporting(readDataset(job.dataset), report),
      job.options,
      drop,
    )
    if (sha256 !== job.sha256) throw new LabError('invalid', 'encodes the same traces to other bytes each time')
    return seconds
  })
  const decode = await withFile(job, file => summarise(job.rounds, () => drain(phase, file, report)))
  return { encode, decode }
}

/** Encodes and keeps nothing: for the memory that it takes. */
async function encodeOnly(job: PhaseJob, report: Report): Promise<number> {
  const phase = await loadPhase(job.phasePath)
  await measureEncode(phase, reporting(readDataset(job.dataset), report), job.options, drop)
  return peakBytes()
}

/** Decodes and keeps nothing: for the memory that it takes. */
async function decodeOnly(job: PhaseJob, report: Report): Promise<number> {
  const phase = await loadPhase(job.phasePath)
  await withFile(job, file => drain(phase, file, report))
  return peakBytes()
}

interface Baseline {
  baselineBytes: number
  zstd19Bytes: number
  /** Of the traces as read from the dataset file. */
  digest: string
}

/** The sizes that every row is compared with: NDJSON, and the same under zstd 19. */
async function baseline({ dataset }: { dataset: string }, report: Report): Promise<Baseline> {
  const digest = new DatasetDigest()
  let [baselineBytes, zstd19Bytes] = [0, 0]
  async function* lines() {
    for await (const batch of reporting(readDataset(dataset), report)) {
      for (const trace of batch) digest.add(trace)
      for (const chunk of encodeTraces(batch)) {
        baselineBytes += chunk.length
        yield chunk
      }
    }
  }
  const counting = {
    write: async (chunk: Uint8Array) => {
      zstd19Bytes += chunk.length
    },
  }
  await encodeZstdFrames(lines(), counting, 19)
  return { baselineBytes, zstd19Bytes, digest: digest.finish() }
}

/** The estimate of the floor of a capture, by field. */
async function estimateFloor({ dataset }: { dataset: string }, report: Report): Promise<Record<string, number>> {
  const model = new ReferenceModel()
  for await (const batch of reporting(readDataset(dataset), report)) for (const trace of batch) model.add(trace)
  return model.byField()
}

/** Asks and keeps nothing: for the memory that it takes. */
async function askOnly(job: AskJob, report: Report): Promise<number> {
  await askQueries(job, report)
  return peakBytes()
}

/** What a process of the harness can be asked to do, by name. */
export const tasks = {
  prove,
  time,
  encodeOnly,
  decodeOnly,
  baseline,
  estimateFloor,
  writeTruths,
  timeQueries,
  askOnly,
}

export type Tasks = typeof tasks
export type TaskName = keyof Tasks

async function drop(): Promise<void> {}

async function* reporting(batches: AsyncIterable<readonly Trace[]>, report: Report): AsyncIterable<readonly Trace[]> {
  for await (const batch of batches) {
    yield batch
    report(countSpans(batch))
  }
}

async function drain(phase: Phase, file: LocalFile, report: Report): Promise<Seconds> {
  const decoding = measureDecode(phase, file)
  for await (const batch of decoding.batches) report(countSpans(batch))
  return decoding.seconds()
}

async function withFile<T>(job: PhaseJob, work: (file: LocalFile) => Promise<T>): Promise<T> {
  const file = await openLocal(job.file)
  try {
    return await work(file)
  } finally {
    await file.close()
  }
}

async function partsOf(phase: Phase, file: LocalFile): Promise<Record<string, number> | null> {
  if (!phase.parts) return null
  const parts = await phase.parts(file)
  const sum = Object.values(parts).reduce((total, byteLength) => total + byteLength, 0)
  if (sum !== file.byteLength)
    throw new LabError('invalid', `its parts sum to ${sum} bytes, its file has ${file.byteLength}`)
  return parts
}

/** The most memory that this process has held, resident. */
function peakBytes(): number {
  return process.resourceUsage().maxRSS * 1024
}
