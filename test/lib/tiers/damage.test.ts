import { describe, expect, test } from 'vitest'
import type { Trace } from '../../../lib/model/trace.ts'
import { MemorySink, openMemory } from '../../../lib/storage/memory.ts'
import { openPack, PackWriter } from '../../../lib/storage/pack.ts'
import { encodeContents } from '../../../lib/tiers/contents.ts'
import { decodeTiers, openTiers } from '../../../lib/tiers/file.ts'
import { parseTiers } from '../../../lib/tiers/tier-list.ts'
import { encodeTiers } from '../../../lib/tiers/write.ts'
import { streamOf } from '../../support/chunks.ts'
import { expectFlipsRefused, expectPrefixesRefused } from '../../support/corruption.ts'
import { generatedTraces } from '../../support/generated.ts'

async function tiered(traces: readonly Trace[], list: string): Promise<Uint8Array> {
  const sink = new MemorySink()
  await encodeTiers(streamOf([traces]), sink, parseTiers(list), 1)
  return sink.bytes()
}

const traces = generatedTraces('otel', 12)
const quarters = 'exact:25%,renamed:50%,exemplars:75%,rollup:inf'
const bytes = await tiered(traces, quarters)

test('every file that ends early is refused', async () => {
  await expectPrefixesRefused(bytes, decodeTiers)
})

test('every changed bit is refused', async () => {
  await expectFlipsRefused(bytes, decodeTiers, 1_500, 8)
  await expectFlipsRefused(await tiered(traces, 'rollup:inf'), decodeTiers, 500, 8)
})

/** The file with other sections, or with other contents behind a right checksum. */
async function forged(
  change: (contents: Awaited<ReturnType<typeof openTiers>>['contents']) => unknown,
  names: (name: string) => string | undefined = name => name,
): Promise<Uint8Array> {
  const file = openMemory(bytes)
  const { contents } = await openTiers(file)
  const sink = new MemorySink()
  const pack = new PackWriter(sink)
  for (const [name, section] of await openPack(file)) {
    const [stored] = await section.read([{ start: 0, end: section.byteLength }])
    const own = name === 'contents' ? encodeContents(change(structuredClone(contents)) as typeof contents) : stored!
    const written = names(name)
    if (written !== undefined) await pack.put(written, to => to.write(own))
  }
  await pack.finish()
  return sink.bytes()
}

describe('contents that do not fit the sections are refused, though their checksum is right', () => {
  const exact = 'exact'
  test.each<[string, Parameters<typeof forged>, string]>([
    [
      'a section that is missing',
      [c => c, name => (name === exact ? undefined : name)],
      'sections rollup, exemplars, renamed, contents; expected rollup, exemplars, renamed, exact, contents',
    ],
    [
      'no contents',
      [c => c, name => (name === 'contents' ? undefined : name)],
      'the section of the contents is missing',
    ],
    [
      'a section of another length',
      [c => ({ ...c, sections: c.sections.map(s => ({ ...s, byteLength: s.byteLength + 1 })) }), n => n],
      'section rollup has',
    ],
    ['fewer sections', [c => ({ ...c, sections: c.sections.slice(1) })], 'the contents tell of 3 sections'],
    ['exemplars of more traces', [c => ({ ...c, exemplarCounts: [...c.exemplarCounts, 7] })], 'exemplars of'],
    [
      'another number of traces',
      [c => ({ ...c, tiers: c.tiers.map(t => ({ ...t, traceCount: t.traceCount + (t.name === exact ? 1 : 0) })) })],
      'tier exact: ',
    ],
    [
      'another number of spans',
      [c => ({ ...c, tiers: c.tiers.map(t => ({ ...t, spanCount: t.spanCount + 1 })) })],
      'spans are rolled up, the contents say',
    ],
    ['an unknown tier', [c => ({ ...c, tiers: [{ ...c.tiers[0], name: 'hot' }] })], 'contents of tiers at byte'],
    [
      'a time that is none',
      [c => ({ ...c, tiers: c.tiers.map(t => ({ ...t, starts: ['-1', '7'] })) })],
      'contents of tiers at byte',
    ],
    [
      'times that run backwards',
      [c => ({ ...c, tiers: c.tiers.map(t => ({ ...t, starts: ['8', '7'] })) })],
      'starts at 8 to 7',
    ],
    [
      'a time above 2^64',
      [c => ({ ...c, tiers: c.tiers.map(t => ({ ...t, starts: ['8', '18446744073709551616'] })) })],
      'starts at 8 to 18446744073709551616',
    ],
    ['no tiers', [c => ({ ...c, tiers: [] })], 'contents of tiers at byte'],
  ])('%s', async (_, given, message) => {
    const error = await openTiers(openMemory(await forged(...given))).then(
      () => 'no error',
      cause => (cause as Error).message,
    )
    expect(error).toContain(message)
    expect(error).not.toContain('\n')
  })
})
