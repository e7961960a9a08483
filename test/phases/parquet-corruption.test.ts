import { expect, test } from 'vitest'
import { LabError } from '../../lib/error.ts'
import { DatasetDigest } from '../../lib/model/digest.ts'
import { MemorySink, openMemory } from '../../lib/storage/memory.ts'
import vparquet4 from '../../phases/23-vparquet4.ts'
import flat from '../../phases/24-parquet.ts'
import clickhouse from '../../phases/25-clickhouse.ts'
import otelArrow from '../../phases/26-otel-arrow.ts'
import type { Phase } from '../../phases/phase.ts'
import { streamOf } from '../support/chunks.ts'
import { drawsOf } from '../support/draws.ts'
import { drawn } from '../support/effort.ts'
import { generatedTraces } from '../support/generated.ts'

const seed = Number(process.env.SEED ?? 20261128)
const runCount = Number(process.env.RUNS ?? drawn(160))

async function digestOf(phase: Phase, bytes: Uint8Array): Promise<string> {
  const digest = new DatasetDigest()
  for await (const batch of phase.decode(openMemory(bytes))) for (const trace of batch) digest.add(trace)
  return digest.finish()
}

/** A damaged copy: a bit, a byte or a range changed, a part that stands elsewhere too, or an end that is missing. */
function damage(bytes: Buffer, kind: number, below: (limit: number) => number): [broken: Buffer, what: string] {
  const broken = Buffer.from(bytes)
  let at = below(bytes.length)
  // A filter of few ids, which is not decoded, is 100 KiB of zeros.
  while (bytes.subarray(at, at + 64).every(byte => byte === 0)) at = below(bytes.length)
  const length = 1 + below(Math.min(300, bytes.length - at))
  if (kind === 0) broken[at]! ^= 255
  else if (kind === 1) broken.fill(below(2) * 255, at, at + length)
  else if (kind === 2) {
    const from = below(bytes.length - length + 1)
    bytes.copy(broken, at, from, from + length)
  } else if (kind === 3) return [broken.subarray(0, at), `cut at ${at}`]
  else broken[at]! ^= 1 << below(8)
  return [broken, `seed ${seed}: kind ${kind}, byte ${at}, ${length} bytes`]
}

test.each([
  ['23', vparquet4],
  ['24', flat],
  ['25', clickhouse],
  ['26', otelArrow],
] as const)(
  `phase %s: no damage is read as other data, and messages are for people (seed ${seed})`,
  async (_, phase) => {
    const sink = new MemorySink()
    await phase.encode(streamOf([generatedTraces('otel', 1)]), sink, {})
    const bytes = sink.bytes()
    const whole = await digestOf(phase, bytes)
    const draw = drawsOf(seed)
    let refused = 0
    for (let run = 0; run < runCount; run++) {
      const [broken, what] = damage(bytes, run % 8, limit => Math.floor(draw() * limit))
      const outcome = await digestOf(phase, broken).catch((error: unknown) => error)
      if (outcome === whole) continue
      expect(outcome, what).toBeInstanceOf(LabError)
      const { kind, message } = outcome as LabError
      expect(kind, what).toMatch(/^(truncated|corrupt|unsupported)$/)
      expect(message, what).not.toMatch(/\bundefined\b|\bNaN\b|\bnull\b|propert|is not a function|\n/)
      refused++
    }
    expect(refused).toBeGreaterThan(runCount / 3)
  },
)
