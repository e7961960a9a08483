import { messageOf } from '../../lib/error.ts'
import type { Fidelity, Options, Phase } from '../../phases/phase.ts'
import type { Encoded } from '../process/measure.ts'
import type { Summary } from '../process/statistics.ts'
import type { FidelityClass, Input, Row } from '../runs/run-schema.ts'
import type { Discovered } from './discover.ts'
import type { Passes, PricedCheck } from './tasks.ts'

/** One row to be earned: a phase file, and a variant of it where the file could be loaded. */
export interface Candidate extends Discovered {
  variant: string
  options: Options
}

/** What the processes of a row have measured. */
export interface Measured {
  encoded: Encoded
  check: PricedCheck
  encode: Passes
  decode: Passes
}

/** In a word what a fidelity keeps. */
export function classify(fidelity: Fidelity): FidelityClass {
  if (fidelity.lossy.length > 0) return 'lossy'
  if (fidelity.spanIds === 'renamed') return 'renamed'
  return fidelity.traceOrder && fidelity.spanOrder && fidelity.attributeOrder ? 'exact' : 'unordered'
}

/** The row of a phase that has not proved itself: it carries no numbers. */
export function failedRow(candidate: Candidate, error: unknown): Row {
  return { ...blankRow(candidate), problem: typeof error === 'string' ? error : messageOf(error) }
}

/** The row of a phase that was proved and measured. */
export function earnedRow(candidate: Candidate, phase: Phase, input: Input, measured: Measured): Row {
  const { encoded, check, encode, decode } = measured
  const isWhole = check.wholeTraceCount === input.traceCount
  return {
    ...blankRow(candidate),
    fidelity: classify({ ...check.kept, lossy: isWhole ? [] : phase.fidelity.lossy }),
    kept: check.kept,
    lost: isWhole ? [] : [...phase.fidelity.lossy],
    wholeTraceCount: check.wholeTraceCount,
    price: [...(check.loss?.price ?? [])],
    survived: check.loss?.survived ?? null,
    attributes: [...(check.loss?.attributes ?? [])],
    parts: check.parts,
    ...sizes(encoded.sizeBytes, input),
    ...times(encode.times, decode.times, input),
    encodePeakBytes: encode.peakBytes,
    decodePeakBytes: decode.peakBytes,
  }
}

function sizes(sizeBytes: number, input: Input) {
  return {
    sizeBytes,
    bytesPerSpan: sizeBytes / input.spanCount,
    ratio: input.baselineBytes / sizeBytes,
    inputRatio: input.bytes === null ? null : input.bytes / sizeBytes,
    zstdGain: input.zstd19Bytes / sizeBytes,
    floorRatio: input.floorBytes > 0 ? sizeBytes / input.floorBytes : null,
  }
}

function times(encode: Summary, decode: Summary, { spanCount, baselineBytes }: Input) {
  return {
    encodeSeconds: encode.median.wall,
    decodeSeconds: decode.median.wall,
    encodeCpuSeconds: encode.median.cpu,
    decodeCpuSeconds: decode.median.cpu,
    encodeSpread: encode.spread,
    decodeSpread: decode.spread,
    encodeSpansPerSecond: rate(spanCount, encode.median.cpu),
    decodeSpansPerSecond: rate(spanCount, decode.median.cpu),
    encodeMBps: rate(baselineBytes / 1e6, encode.median.cpu),
    decodeMBps: rate(baselineBytes / 1e6, decode.median.cpu),
  }
}

/** Null where the clock is too coarse to tell. */
function rate(amount: number, seconds: number): number | null {
  return seconds > 0 ? amount / seconds : null
}

function blankRow({ number, slug, phase, variant }: Candidate): Row {
  return {
    phase: number,
    variant,
    title: phase?.title ?? slug,
    claim: phase ? classify(phase.fidelity) : null,
    fidelity: null,
    kept: null,
    lost: [],
    wholeTraceCount: null,
    price: [],
    survived: null,
    attributes: [],
    problem: null,
    sizeBytes: null,
    bytesPerSpan: null,
    ratio: null,
    inputRatio: null,
    zstdGain: null,
    floorRatio: null,
    parts: null,
    encodeSeconds: null,
    decodeSeconds: null,
    encodeCpuSeconds: null,
    decodeCpuSeconds: null,
    encodeSpread: null,
    decodeSpread: null,
    encodeSpansPerSecond: null,
    decodeSpansPerSecond: null,
    encodeMBps: null,
    decodeMBps: null,
    allCoresEncodeSeconds: null,
    allCoresDecodeSeconds: null,
    encodePeakBytes: null,
    decodePeakBytes: null,
  }
}
