import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { workloads } from '../../generator/workload.ts'
import { asVariant, type Discovered, discoverPhases, variantsOf } from '../../harness/lab/discover.ts'
import { verify } from '../../harness/verify/verify.ts'
import { LabError } from '../../lib/error.ts'
import { firstDifference } from '../../lib/model/difference.ts'
import type { Trace } from '../../lib/model/trace.ts'
import { MemorySink, openMemory } from '../../lib/storage/memory.ts'
import type { Options, Phase } from '../../phases/phase.ts'
import { arbitraryTraces, seeded } from '../support/arbitrary.ts'
import { collect, streamOf } from '../support/chunks.ts'
import { cutsOf } from '../support/corruption.ts'
import { isThorough } from '../support/effort.ts'
import { generatedTraces } from '../support/generated.ts'
import { nastyCorpora } from '../support/nasty.ts'

const discovered = await discoverPhases()
const rows = discovered.flatMap(({ slug, phase }) =>
  phase
    ? variantsOf(phase).map(([variant, options]) => [slug, variant, asVariant(phase, variant), options] as const)
    : [],
)

test('every phase file can be loaded', () => {
  expect(discovered.length).toBeGreaterThan(0)
  expect(discovered.filter((found: Discovered) => found.problem)).toEqual([])
})

/** Level 1 where a general codec is used: the tests ask what comes back, not how small it was. */
async function encode(phase: Phase, traces: readonly Trace[], options: Options): Promise<Buffer> {
  const sink = new MemorySink()
  const half = traces.length >> 1
  await phase.encode(streamOf([traces.slice(0, half), traces.slice(half)]), sink, { ...options, zstdLevel: 1 })
  return sink.bytes()
}

/** Proves the claim and returns the file. A format without such strings may refuse lone surrogates, and nothing else. */
async function expectKept(phase: Phase, traces: readonly Trace[], options: Options): Promise<Buffer> {
  const bytes = await encode(phase, traces, options).catch((error: unknown) => {
    if (error instanceof LabError && error.kind === 'unsupported') return undefined
    throw error
  })
  if (bytes === undefined) {
    const wellFormed = toWellFormed(traces) as readonly Trace[]
    expect(traces.some((trace, i) => firstDifference(trace, wellFormed[i]) !== undefined)).toBe(true)
    return expectKept(phase, wellFormed, options)
  }
  const verdict = await verify(
    () => streamOf([traces]),
    () => phase.decode(openMemory(bytes)),
    phase.fidelity,
  )
  expect(verdict.problem).toBeNull()
  expect(Buffer.compare(await encode(phase, traces, options), bytes), 'the same bytes again').toBe(0)
  return bytes
}

/** The same with U+FFFD for each lone surrogate. */
function toWellFormed(value: unknown): unknown {
  if (typeof value === 'string') return value.toWellFormed()
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value
  if (Array.isArray(value)) return value.map(toWellFormed)
  return Object.fromEntries(Object.entries(value).map(([field, inner]) => [field, toWellFormed(inner)]))
}

describe.each(rows)('%s %s', (_, __, phase, options) => {
  test.each(nastyCorpora.map(({ name, traces }) => [name, traces] as const))(
    'keeps what it claims: %s',
    async (_, traces) => {
      const bytes = await expectKept(phase, traces, options)
      if (!phase.parts) return
      const parts = Object.values(await phase.parts(openMemory(bytes)))
      expect(
        parts.reduce((sum, byteLength) => sum + byteLength, 0),
        'the sum of the parts',
      ).toBe(bytes.length)
    },
  )

  // Random values seldom meet as those of real clocks do: a unit that was lost showed on generated traces alone.
  test.each(workloads.map(({ name }) => name))('keeps what it claims of generated traces: %s', async name => {
    await expectKept(phase, generatedTraces(name, isThorough ? 200 : 50), options)
  })

  test('keeps what it claims of arbitrary traces', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryTraces, async traces => {
        await expectKept(phase, traces, options)
      }),
      seeded(60),
    )
  })

  test("ends in one of the lab's errors on what is no file of its own", async () => {
    const garbage = Buffer.from(Array.from({ length: 5000 }, (_, i) => (i * i * 31 + 7) & 0xff))
    const text = Buffer.from('{"this is":"no trace"}\n')
    for (const bytes of [Buffer.alloc(1), Buffer.from('{'), garbage, text])
      await expect(collect(phase.decode(openMemory(bytes)))).rejects.toBeInstanceOf(LabError)
    // In formats without a head these may stand for no traces, as an empty file does in NDJSON, but for nothing else.
    for (const bytes of [new Uint8Array(), Buffer.alloc(5000)]) {
      const outcome = await collect(phase.decode(openMemory(bytes))).catch(error => error)
      expect(outcome instanceof LabError || (Array.isArray(outcome) && outcome.flat().length === 0)).toBe(true)
    }
  })

  test('never ends in another error or another trace on a file that ends early', async () => {
    const [{ traces }] = nastyCorpora.filter(({ name }) => name === 'every value type')
    const bytes = await encode(phase, traces, options)
    for (const length of cutsOf(bytes.length).slice(1)) {
      const outcome = await collect(phase.decode(openMemory(bytes.subarray(0, length)))).catch(error => error)
      if (Array.isArray(outcome)) await expectSomeOf(traces, outcome.flat(), phase)
      else expect(outcome, `${length} of ${bytes.length} bytes`).toBeInstanceOf(LabError)
    }
  })
})

/** A text format cannot know that lines are missing: what is there must be as it was. */
async function expectSomeOf(traces: readonly Trace[], found: readonly Trace[], phase: Phase): Promise<void> {
  const ids = new Set(found.map(({ traceId }) => traceId))
  const expected = traces.filter(({ traceId }) => ids.has(traceId))
  const verdict = await verify(
    () => streamOf([expected]),
    () => streamOf([found]),
    phase.fidelity,
  )
  expect(verdict.problem).toBeNull()
}
