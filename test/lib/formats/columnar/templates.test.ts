import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { verify } from '../../../../harness/verify/verify.ts'
import { checksum } from '../../../../lib/bytes/checksum.ts'
import { DerivedIds } from '../../../../lib/formats/columnar/derived-ids.ts'
import { columnarParts, decodeColumnarFile } from '../../../../lib/formats/columnar/file.ts'
import { findSlots, maxRemembered, parseTemplate, TraceSlots } from '../../../../lib/formats/columnar/slots.ts'
import type { Link, Trace } from '../../../../lib/model/trace.ts'
import { openMemory } from '../../../../lib/storage/memory.ts'
import { exact } from '../../../../phases/phase.ts'
import { arbitraryTraces, seeded } from '../../../support/arbitrary.ts'
import { streamOf } from '../../../support/chunks.ts'
import { expectFlipsRefused, expectPrefixesRefused, expectRefusal } from '../../../support/corruption.ts'
import { drawsOf } from '../../../support/draws.ts'
import { labRejection } from '../../../support/errors.ts'
import { generatedTraces } from '../../../support/generated.ts'
import { attributes, nastyCorpora, span } from '../../../support/nasty.ts'
import { expectSameTraces } from '../../../support/traces.ts'
import { closeSegments, decode, encode, openSegments } from './forge.ts'
import { sampleTraces } from './samples.ts'
import { worked } from './worked.ts'

const seed = Number(process.env.SEED ?? 20261128)
const tiny = { spanCount: 7, itemCount: 100, textLength: 1000 }
const kept = { hasTemplates: true }
const renamed = { hasTemplates: true, derivesIds: true }

async function expectKept(traces: readonly Trace[], limits?: typeof tiny): Promise<Buffer> {
  const bytes = await encode(traces, limits, 1, kept)
  expectSameTraces(traces, await decode(bytes))
  return bytes
}

/** The harness proves the renaming. */
async function expectRenamed(traces: readonly Trace[], limits?: typeof tiny): Promise<Trace[]> {
  const bytes = await encode(traces, limits, 1, renamed)
  const claim = { ...exact, spanIds: 'renamed' } as const
  const back = () => decodeColumnarFile(openMemory(bytes))
  expect((await verify(() => streamOf([traces]), back, claim)).problem).toBeNull()
  return decode(bytes)
}

describe.each([
  ['kept', expectKept],
  ['derived', expectRenamed],
] as const)('ids %s', (_, expectBack) => {
  test.each(nastyCorpora.map(({ name, traces }) => [name, traces] as const))(
    'in tiny segments: %s',
    async (_, traces) => {
      await expectBack(traces, tiny)
    },
  )

  test('samples that use every encoding, in one segment and in many', async () => {
    await expectBack(sampleTraces(300, seed))
    await expectBack(sampleTraces(60, seed), tiny)
  })

  test.each(['otel', 'classic', 'agent'])('generated traces: %s', async name => {
    await expectBack(generatedTraces(name, 200))
  })

  test('arbitrary traces', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryTraces, async traces => {
        await expectBack(traces, tiny)
      }),
      seeded(40),
    )
  })
})

describe('files that are not whole', () => {
  test.each([
    ['kept', kept],
    ['derived', renamed],
  ] as const)(`ids %s: every prefix, flips (seed ${seed}) and bytes behind the end are refused`, async (_, options) => {
    const bytes = await encode(
      sampleTraces(9, seed),
      { spanCount: 20, itemCount: 1000, textLength: 10_000 },
      1,
      options,
    )
    await expectPrefixesRefused(bytes, decodeColumnarFile)
    await expectFlipsRefused(bytes, decodeColumnarFile, 1000, seed)
    await expectRefusal(Buffer.concat([bytes, Buffer.alloc(1)]), decodeColumnarFile, 'a byte more')
  })

  test('a version to come, and a policy of ids to come, are named', async () => {
    const bytes = await encode(sampleTraces(3, seed), undefined, 1, kept)
    const with_ = (at: number, value: number) =>
      Buffer.concat([bytes.subarray(0, at), Buffer.of(value), bytes.subarray(at + 1)])
    expect((await labRejection(decode(with_(4, 3)))).message).toContain(
      'unsupported version 3 (this build reads 1 to 2)',
    )
    expect((await labRejection(decode(with_(5, 2)))).message).toContain('policy 2')
  })
})

/** Written when version 2 was new. */
const golden = {
  kept: [
    '54434f4c0200f301542d105608900149ce0128b52ffd20d92d0600724c2e32704dd2012157a2c07ff5812ee0488910be99f1d1df51271e',
    '88af64db2cf70290553db5fcf16b33f58983be014236d95ba61452561cab9af0da8d151d64c584536628e68ca0a08166a2a67810574321',
    '4cbbfbe079c1b8590e9cc86cac2cae95121d1773210a248604051f2ab11dfd376b767ef4919e9bffec5bd5d224a64eed6663426c37b51f',
    '3706612efd00ea3f063d0d958d0e23f00011217140870323c3970f949513dbfe9f6bea0ffccf59f457266099a48c342c380a03040300e1',
    '194cb93c806b6b0539772d3005397700413bd2037652ab964c6b026c3ff20700de081f40000200000008',
  ],
  derived: [
    '54434f4c0201f69c1e5cdb01975da04b088a0139b90128b52ffd20c3850500120b292e702d4c632157a2c07ff5812ee0488910be59eaff',
    '7715044a215bdac7af706400b8549144e6645b2ba14df6963205524e54354d6845a98a1a64c58453421473463c4087a70523295270028a',
    'd164614529d1713123c4c1b38090b032257fa3aab3b67bd9e579b7f5bdbeebb487addb6f1f10f2b7fde5a602bb3ec63c0d958d8b197880',
    '88903c707160640cf081b272f2affa5cdbb540f53967559711542629230c0a3701030403005b184cb93c806b6b0539772d3000413bd203',
    '7652ab964c6b026c3ff20700de081f40000200000008000100000038a68086',
  ],
}

test('files of version 2 as they were first written', async () => {
  expectSameTraces(worked, await decode(Buffer.from(golden.kept.join(''), 'hex')))
  const back = await decode(Buffer.from(golden.derived.join(''), 'hex'))
  expect(back).toEqual(await expectRenamed(worked))
  expect(back.map(({ spans }) => spans[0]!.spanId)).not.toContain('eee19b7ec3c1b170')
})

test('segments of one version in a file of the other are refused by their checksums', async () => {
  for (const [version, other] of [
    [2, 1],
    [1, 2],
  ]) {
    const bytes = await encode(sampleTraces(20, seed), undefined, 1, { hasTemplates: version === 2 })
    const forged = Buffer.concat([
      bytes.subarray(0, 4),
      Buffer.from(other === 2 ? [2, 0] : [1]),
      bytes.subarray(version === 2 ? 6 : 5),
    ])
    expect((await labRejection(decode(forged))).message).toMatch(/checksum/)
  }
})

test('slots in a file of version 1 are refused', async () => {
  const forged = closeSegments(openSegments(await encode(sampleTraces(120, seed), undefined, 1, kept)), 1)
  expect(['corrupt', 'truncated', 'unsupported']).toContain((await labRejection(decode(forged))).kind)
})

describe('derived ids', () => {
  const [first, second] = ['1'.repeat(32), '2'.repeat(32)]
  const linkTo = (traceId: string, spanId: string): Link => ({
    ...{ traceId, spanId, traceState: '', flags: 0, attributes: [], droppedAttributesCount: 0 },
  })
  const idOf = (digit: string) => digit.repeat(16)

  test('are not in the file: it is smaller by 8 bytes a span', async () => {
    const traces = generatedTraces('otel', 100)
    const spanCount = traces.reduce((sum, { spans }) => sum + spans.length, 0)
    const [whole, less] = [await encode(traces, undefined, 1, kept), await encode(traces, undefined, 1, renamed)]
    expect(whole.length - less.length).toBeGreaterThan(spanCount * 7.9)
  })

  test('links follow to traces before and after, in other segments, and stay where they name nothing', async () => {
    const traces = [
      {
        traceId: first,
        spans: [
          span({
            spanId: idOf('a'),
            links: [linkTo(second, idOf('d')), linkTo(second, idOf('f')), linkTo(first, idOf('b'))],
          }),
          span({ spanId: idOf('b'), parentSpanId: idOf('a') }),
        ],
      },
      {
        traceId: second,
        spans: [
          span({ spanId: idOf('c'), links: [linkTo(first, idOf('b')), linkTo('3'.repeat(32), idOf('a'))] }),
          span({ spanId: idOf('d'), parentSpanId: idOf('e') }),
        ],
      },
    ]
    for (const limits of [undefined, { ...tiny, spanCount: 1 }]) {
      const [one, two] = (await expectRenamed(traces, limits)) as [Trace, Trace]
      const ids = [...one.spans, ...two.spans].map(({ spanId }) => spanId)
      expect(new Set(ids).size).toBe(4)
      expect(ids.filter(id => /^(.)\1+$/.test(id))).toEqual([])
      expect(one.spans[1]!.parentSpanId).toBe(ids[0])
      expect(one.spans[0]!.links.map(({ spanId }) => spanId)).toEqual([ids[3], idOf('f'), ids[1]])
      expect(two.spans[0]!.links.map(({ spanId }) => spanId)).toEqual([ids[1], idOf('a')])
      expect(two.spans[1]!.parentSpanId).toBe(idOf('e'))
    }
  })

  test('an id that something else has by chance is not given: that span keeps its own', async () => {
    const ids = ['a', 'b'].map(idOf)
    const derived = new DerivedIds(checksum(Buffer.from(ids.join())))
    const traces = [
      {
        traceId: first,
        spans: ids.map((spanId, row) => span({ spanId, parentSpanId: row === 1 ? derived.idAt(first, 0) : '' })),
      },
    ]
    const [back] = await expectRenamed(traces)
    expect(back!.spans.map(({ spanId }) => spanId)).toEqual([ids[0], derived.idAt(first, 1)])
  })

  test('a renamed file of which a span was taken out, renamed again', async () => {
    const traces = generatedTraces('otel', 30)
    const once = (await expectRenamed(traces)).map(trace => ({
      ...trace,
      spans: trace.spans.filter((_, row) => row !== 1),
    }))
    await expectRenamed(once.filter(({ spans }) => spans.length > 0))
  })

  test('no two positions of a trace have one id', () => {
    const derived = new DerivedIds(7)
    expect(new Set(Array.from({ length: 100_000 }, (_, position) => derived.idAt(first, position))).size).toBe(100_000)
  })
})

describe('slots', () => {
  test.each([
    ['/users/17/orders', '/users/\0n/orders', ['17']],
    ['GET session:0f8fad5b-d9cb-469f-a165-70867728950e', 'GET session:\0u', ['0f8fad5b-d9cb-469f-a165-70867728950e']],
    ["ip = '35.137.227.2' LIMIT 5", "ip = '\0i' LIMIT \0n", ['35.137.227.2', '5']],
    ['SKU-00AB 00ff00ff 12345', 'SKU-\0a \0h \0d', ['00AB', '00ff00ff', '12345']],
    ['1.2.3.4.5', '\0i.\0n', ['1.2.3.4', '5']],
  ])('of %s', (text, template, slots) => {
    expect(findSlots(text)).toEqual({ template, slots })
    const { literals, types } = parseTemplate(template)!
    expect(types).toHaveLength(slots.length)
    expect(literals.reduce((joined, literal, i) => joined + slots[i - 1] + literal)).toBe(text)
  })

  test.each(['no digit', '', 'a\0n1', '1'.repeat(2000), '1 '.repeat(33)])('none of %j', text => {
    expect(findSlots(text)).toBeUndefined()
  })

  test('a long run without a digit takes no long time', () => {
    const started = process.cpuUsage().user
    findSlots(`${'a'.repeat(1000)} 1`)
    expect(process.cpuUsage().user - started).toBeLessThan(200_000)
  })

  test.each(['no slot', 'x\0', 'x\0z', '\0n'.repeat(33)])('no template: %j', text => {
    expect(parseTemplate(text)).toBeUndefined()
  })

  test('what a trace repeats is found again, the last first, and no other trace has it', () => {
    const [writer, reader] = [new TraceSlots(), new TraceSlots()]
    const draw = drawsOf(seed)
    for (let i = 0; i < 5000; i++) {
      const [trace, type, value] = [Math.floor(draw() * 3), 'nd'[Math.floor(draw() * 2)]!, `${Math.floor(draw() * 24)}`]
      const place = writer.find(trace, type, value)
      expect(place).toBeLessThanOrEqual(maxRemembered)
      if (place === 0) reader.add(trace, type, value)
      else expect(reader.take(trace, type, place)).toBe(value)
    }
  })

  test('values that come again in a trace, in other columns too, cost nearly nothing', async () => {
    const draw = drawsOf(seed)
    const traces = Array.from({ length: 400 }, (_, i) => {
      const user = `${10_000_000 + Math.floor(draw() * 9e7)}`
      const list = attributes(
        ['path', `/users/${user}/orders`],
        ['query', `SELECT * FROM t WHERE user = ${user}`],
        ['user', user],
      )
      return {
        traceId: i.toString(16).padStart(32, '1'),
        spans: [span({ attributes: list }), span({ attributes: list })],
      }
    })
    const bytes = await expectKept(traces)
    const parts = Object.entries(await columnarParts(openMemory(bytes)))
    const sum = (test: RegExp) =>
      parts.filter(([part]) => test.test(part)).reduce((total, [, length]) => total + length, 0)
    expect(sum(/^span path .*new/)).toBeGreaterThan(1300)
    expect(sum(/^span (query|user) /)).toBeLessThan(100)
  })

  test('rows without slots among rows with them, and texts that look like templates', async () => {
    const values = Array.from({ length: 300 }, (_, i) =>
      i % 5 === 0 ? `text ${'\0n'.slice(i % 3)}` : `id ${i * 7919}`,
    )
    await expectKept([
      { traceId: '1'.repeat(32), spans: values.map(value => span({ attributes: attributes(['k', value]) })) },
    ])
  })
})
