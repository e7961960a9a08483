import { encodeZstdFrames } from '../../lib/codecs/zstd-frames.ts'
import { LabError } from '../../lib/error.ts'
import { encodeTraces } from '../../lib/formats/ndjson/print.ts'
import { DatasetDigest } from '../../lib/model/digest.ts'
import { countSpans, type Trace } from '../../lib/model/trace.ts'
import { type LocalFile, openLocal } from '../../lib/storage/local.ts'
import { writeLocal } from '../../lib/storage/local-write.ts'
import type { Phase } from '../../phases/phase.ts'
import { ReferenceModel } from '../floor/reference-model.ts'
import { readDataset } from '../open/dataset.ts'
import type { Seconds } from '../process/clock.ts'
import { type Encoded, measureDecode, measureEncode, peakBytes } from '../process/measure.ts'
import { type Summary, summarise } from '../process/statistics.ts'
import type { Report } from '../process/task.ts'
import { type Loss, measureLoss } from '../verify/loss.ts'
import { type Verdict, verify } from '../verify/verify.ts'
import { allCores } from './all-cores.ts'
import { loadPhase } from './discover.ts'
import type { PhaseJob } from './phase-job.ts'

/** What a decoding that is compared with the dataset has found. */
export interface Check extends Verdict {
  decodeSeconds: Seconds
  parts: Record<string, number> | null
}

/** The same of a lossy phase with what it costs those who ask; null where nothing is lost, or too much to be held. */
export interface PricedCheck extends Check {
  loss: Loss | null
}

/** What the pass that earns a row has found. */
export interface Proof extends Check {
  encoded: Encoded
}

/** Several passes in one direction, and what the first of them took of memory: nothing else ran before it. */
export interface Passes {
  times: Summary
  peakBytes: number
}

/** Encodes to the file, decodes it and compares. */
async function prove(job: PhaseJob, report: Report): Promise<Proof> {
  const phase = await loadPhase(job.phasePath, job.variant)
  const encoded = await encodeToFile(phase, job, report)
  return { ...(await checkFile(phase, job, report)), encoded }
}

/** Decodes the file and compares; of a lossy phase it finds the price. */
async function check(job: PhaseJob, report: Report): Promise<PricedCheck> {
  const phase = await loadPhase(job.phasePath, job.variant)
  if (phase.fidelity.lossy.length === 0) return { ...(await checkFile(phase, job, report)), loss: null }
  const wholeTraceIds = new Set<string>()
  const checked = await checkFile(phase, job, report, wholeTraceIds)
  const original = () => readDataset(job.dataset)
  return { ...checked, loss: await withFile(job, file => measureLoss({ original, phase, file, wholeTraceIds })) }
}

/** Encodes to the file, and then on for more rounds. Each must give the same bytes. */
async function encode(
  job: PhaseJob & { rounds?: number | undefined },
  report: Report,
): Promise<Passes & { encoded: Encoded }> {
  const phase = await loadPhase(job.phasePath, job.variant)
  const encoded = await encodeToFile(phase, job, report)
  const peak = peakBytes()
  let isFirst = true
  const times = await summarise(job.rounds, async () => {
    if (!isFirst) return encodeAgain(phase, job, encoded.sha256, report)
    isFirst = false
    return encoded.seconds
  })
  return { encoded, times, peakBytes: peak }
}

/** Decodes the file and keeps nothing. */
async function decode(job: PhaseJob & { rounds?: number | undefined }, report: Report): Promise<Passes> {
  const phase = await loadPhase(job.phasePath, job.variant)
  return withFile(job, async file => {
    let peak: number | undefined
    const times = await summarise(job.rounds, async () => {
      const seconds = await drain(phase, file, report)
      peak ??= peakBytes()
      return seconds
    })
    return { times, peakBytes: peak! }
  })
}

/** Encodes or decodes `rounds` times in this process, or until the times are steady. Each encoding must give the bytes that were proved. */
async function time(
  job: PhaseJob & { rounds: number | undefined; sha256: string },
  report: Report,
): Promise<{ encode: Summary; decode: Summary }> {
  const phase = await loadPhase(job.phasePath, job.variant)
  const encode = await summarise(job.rounds, () => encodeAgain(phase, job, job.sha256, report))
  const decode = await withFile(job, file => summarise(job.rounds, () => drain(phase, file, report)))
  return { encode, decode }
}

/** Encodes and keeps nothing: for the memory that it takes. */
async function encodeOnly(job: PhaseJob, report: Report): Promise<number> {
  const phase = await loadPhase(job.phasePath, job.variant)
  await measureEncode(phase, reporting(readDataset(job.dataset), report), job.options, drop)
  return peakBytes()
}

interface Baseline {
  baselineBytes: number
  zstd19Bytes: number
  /** Of the traces as read from the dataset file. */
  digest: string
}

/** The sizes that every row is compared with: NDJSON, and the same under zstd 19 where no row measures it. */
async function baseline(job: { dataset: string; isZstdMeasured: boolean }, report: Report): Promise<Baseline> {
  const digest = new DatasetDigest()
  let [baselineBytes, zstd19Bytes] = [0, 0]
  async function* lines() {
    for await (const batch of reporting(readDataset(job.dataset), report)) {
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
  if (job.isZstdMeasured) for await (const _ of lines());
  else await encodeZstdFrames(lines(), counting, 19)
  return { baselineBytes, zstd19Bytes, digest: digest.finish() }
}

/** The estimate of the floor of a capture, by field. */
async function estimateFloor({ dataset }: { dataset: string }, report: Report): Promise<Record<string, number>> {
  const model = new ReferenceModel()
  for await (const batch of reporting(readDataset(dataset), report)) for (const trace of batch) model.add(trace)
  return model.byField()
}

/** What a process can do for a row of the lab. */
export const labTasks = { prove, encode, check, decode, time, encodeOnly, baseline, estimateFloor, allCores }
export type LabTasks = typeof labTasks

async function drop(): Promise<void> {}

function encodeToFile(phase: Phase, job: PhaseJob, report: Report): Promise<Encoded> {
  return writeLocal(job.file, sink =>
    measureEncode(phase, reporting(readDataset(job.dataset), report), job.options, chunk => sink.write(chunk)),
  )
}

async function encodeAgain(phase: Phase, job: PhaseJob, proved: string, report: Report): Promise<Seconds> {
  const batches = reporting(readDataset(job.dataset), report)
  const { seconds, sha256 } = await measureEncode(phase, batches, job.options, drop)
  if (sha256 !== proved) throw new LabError('invalid', 'encodes the same traces to other bytes each time')
  return seconds
}

function checkFile(phase: Phase, job: PhaseJob, report: Report, wholeTraceIds?: Set<string>): Promise<Check> {
  return withFile(job, async file => {
    const first = measureDecode(phase, file)
    let runs = 0
    const decode = () => (runs++ === 0 ? first.batches : phase.decode(file))
    const original = () => reporting(readDataset(job.dataset), report)
    const verdict = await verify(original, decode, phase.fidelity, wholeTraceIds)
    return { ...verdict, decodeSeconds: first.seconds(), parts: await partsOf(phase, file) }
  })
}

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
