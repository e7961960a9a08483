import { describe, expect, test } from 'vitest'
import { LabError } from '../../../../lib/error.ts'
import { openVparquet } from '../../../../lib/formats/vparquet/block.ts'
import { parseMeta } from '../../../../lib/formats/vparquet/meta.ts'
import { vparquetSource } from '../../../../lib/formats/vparquet/source.ts'
import { DatasetDigest } from '../../../../lib/model/digest.ts'
import { openMemory } from '../../../../lib/storage/memory.ts'
import { search } from '../../../../lib/traceql/answers/search.ts'
import { parseQuery } from '../../../../lib/traceql/engine/validate.ts'
import { drawsOf } from '../../../support/draws.ts'
import { drawn } from '../../../support/effort.ts'
import { labError, labRejection } from '../../../support/errors.ts'
import { describeReference } from '../../traceql/references.ts'
import { decode, readBlockFiles } from './blocks.ts'

const seed = Number(process.env.SEED ?? 20261127)
const runCount = Number(process.env.RUNS ?? drawn(150))

async function digestOf(data: Uint8Array, meta?: string): Promise<string> {
  const digest = new DatasetDigest()
  for (const trace of (await decode(data, meta)).traces) digest.add(trace)
  return digest.finish()
}

/** Whole numbers below a limit. */
function drawsBelow(ownSeed: number): (limit: number) => number {
  const draw = drawsOf(ownSeed)
  return limit => Math.floor(draw() * limit)
}

/** The digest, or the kind of the lab's error; any other error fails the test. */
async function outcomeOf(data: Uint8Array, meta?: string): Promise<string> {
  try {
    return await digestOf(data, meta)
  } catch (error) {
    if (error instanceof LabError && error.message.length < 400) return error.kind
    throw error
  }
}

describeReference('blocks that are damaged', ['tempo-blocks/search', 'tempo-blocks/fullypopulated'], () => {
  test('a file that ends early is refused', async () => {
    const { data, meta } = readBlockFiles('search', 'vParquet4')
    for (let length = 0; length < data.length; length += length < 100 ? 1 : 997) {
      const cut = data.subarray(0, length)
      expect((await labRejection(openVparquet(openMemory(cut)))).kind, `${length}`).toMatch(/truncated|corrupt/)
      expect((await labRejection(openVparquet(openMemory(cut), meta))).message).toMatch(/^meta\.json: says that/)
    }
  })

  test.each(['vParquet4', 'vParquet5'])(
    `%s: flipped bits change nothing or are refused (seed ${seed})`,
    async version => {
      const { data, meta } = readBlockFiles('fullypopulated', version)
      const whole = await digestOf(data, meta)
      const draw = drawsBelow(seed)
      const footer = data.readUInt32LE(data.length - 8)
      let refused = 0
      for (let run = 0; run < runCount; run++) {
        const broken = Buffer.from(data)
        const inFooter = run % 2 === 0
        const at = inFooter ? data.length - 8 - draw(footer) : draw(data.length - footer)
        const mask = draw(3) === 0 ? 255 : 1 << draw(8)
        broken[at] ^= mask
        const outcome = await outcomeOf(broken, meta)
        if (outcome !== whole) expect(outcome, `byte ${at} ^ ${mask}`).toMatch(/^(truncated|corrupt|unsupported)$/)
        if (outcome !== whole) refused++
      }
      expect(refused).toBeGreaterThan(runCount / 4)
    },
  )

  test('zeros, ones and other parts of the file in place of a part', async () => {
    const { data, meta } = readBlockFiles('fullypopulated', 'vParquet5')
    const whole = await digestOf(data, meta)
    const draw = drawsBelow(seed)
    for (let run = 0; run < runCount; run++) {
      const broken = Buffer.from(data)
      const [start, length] = [draw(data.length), 1 + draw(3000)]
      if (run % 3 === 2) data.copy(broken, start, draw(data.length - length))
      else broken.fill(run % 3 === 0 ? 0 : 255, start, Math.min(data.length, start + length))
      const outcome = await outcomeOf(broken, meta)
      expect(outcome === whole || /^(truncated|corrupt|unsupported)$/.test(outcome), `${start}, ${length}`).toBe(true)
    }
  })

  test('a damaged block answers a query or says why not', async () => {
    const { data, meta } = readBlockFiles('search', 'vParquet5')
    const texts = [
      '{ span.foo = "bar" || .res-dedicated.01 = "x" || event.message != nil } >> { name != "" }',
      '{ status = error } | select(link:spanID, event:timeSinceStart, rootName, instrumentation:name, duration)',
    ]
    const draw = drawsBelow(seed)
    const footer = data.readUInt32LE(data.length - 8)
    let refused = 0
    for (let run = 0; run < runCount; run++) {
      const broken = Buffer.from(data)
      broken[run % 2 === 0 ? data.length - 8 - draw(footer) : draw(data.length - footer)] ^= 1 << draw(8)
      const answer = async () => {
        const source = vparquetSource(await openVparquet(openMemory(broken), meta))
        for (const text of texts) await search(source, parseQuery(text), { limit: 1e9, spss: 1e9 })
      }
      await answer().catch(error => {
        if (!(error instanceof LabError)) throw error
        refused++
      })
    }
    expect(refused).toBeGreaterThan(runCount / 10)
  })

  test('a damaged page is told with row group, column and place', async () => {
    const { data, meta } = readBlockFiles('search', 'vParquet4')
    const broken = Buffer.from(data)
    broken[200] ^= 1
    const { kind, message } = await labRejection(decode(broken, meta))
    expect(kind).toBe('corrupt')
    expect(message).toMatch(/^Parquet row group 0: TraceID: page at byte \d+: the checksum does not match$/)
  })

  describe('meta.json that does not tell the truth', () => {
    const lies: [what: string, lie: Record<string, unknown>, message: RegExp][] = [
      ['the size', { size: 1 }, /says that data\.parquet has 1 bytes, it has 215325$/],
      ['the footer', { footerSize: 2 ** 31 }, /says 2147483648 bytes of footer, data\.parquet has 50193$/],
      ['the traces', { totalObjects: 26 }, /says 26 traces, data\.parquet has 25$/],
      ['the row groups', { totalRecords: 1 }, /says 1 row groups, data\.parquet has 3$/],
      ['the version', { format: 'vParquet5' }, /says vParquet5, data\.parquet has the columns of vParquet4$/],
      [
        'dedicated columns',
        { dedicatedColumns: Array.from({ length: 11 }, (_, i) => ({ n: `a${i}` })) },
        /11 dedicated columns of the type string in the scope span, vParquet4 has 10$/,
      ],
    ]
    test.each(lies)('%s', async (_, lie, message) => {
      const { data, meta } = readBlockFiles('search', 'vParquet4')
      const lying = JSON.stringify({ ...(JSON.parse(meta) as object), ...lie })
      const error = await labRejection(openVparquet(openMemory(data), lying))
      expect(error.message).toMatch(message)
      expect(error.message).toMatch(/^meta\.json: /)
      expect(error.kind).toBe('corrupt')
    })

    test('a dedicated column that the file does not have', async () => {
      const { data, meta } = readBlockFiles('search', 'vParquet5')
      const fields = JSON.parse(meta) as { dedicatedColumns: object[] }
      fields.dedicatedColumns.push({ n: 'another' })
      const error = await labRejection(openVparquet(openMemory(data), JSON.stringify(fields)))
      expect(error.message).toBe(
        'meta.json: another is to stand in rs.ss.Spans.DedicatedAttributes.String03, which is missing',
      )
    })
  })
})

test('a footer that cannot be read, and one whose numbers never end', async () => {
  const tail = (length: number) => {
    const bytes = Buffer.from('    PAR1')
    bytes.writeUInt32LE(length)
    return bytes
  }
  const file = (body: Buffer) => openMemory(Buffer.concat([Buffer.from('PAR1'), body, tail(body.length)]))
  const started = performance.now()
  for (const [body, message] of [
    [Buffer.alloc(0), /^Parquet footer: /],
    [Buffer.alloc(100), /^Parquet footer: /],
    [Buffer.alloc(200, 0x1c), /^Parquet footer: /],
    [Buffer.alloc(1 << 20, 0x3c), /^Parquet footer: /],
    [Buffer.alloc(1 << 20, 0x80), /^Parquet footer: a varint of over 65536 bytes$/],
  ] as const) {
    const error = await labRejection(openVparquet(file(body)))
    expect([error.kind, error.message]).toEqual(['corrupt', expect.stringMatching(message)])
  }
  expect(performance.now() - started).toBeLessThan(5000)
})

describe('meta.json', () => {
  const whole = {
    format: 'vParquet4',
    blockID: 'b',
    tenantID: 't',
    totalObjects: 1,
    size: 2,
    totalRecords: 3,
    footerSize: 4,
  }

  test('columns have defaults', () => {
    const dedicatedColumns = [{ n: 'a' }, { s: 'resource', n: 'b', t: 'int', o: ['blob'] }]
    expect(parseMeta(JSON.stringify({ ...whole, dedicatedColumns })).dedicatedColumns).toEqual([
      { scope: 'span', name: 'a', type: 'string' },
      { scope: 'resource', name: 'b', type: 'int', isBlob: true },
    ])
  })

  test.each([
    ['{', 'corrupt', /^meta\.json: /],
    ['null', 'corrupt', /^meta\.json: /],
    [JSON.stringify({ ...whole, size: -1 }), 'corrupt', /^meta\.json: size: /],
    [JSON.stringify({ ...whole, size: '2' }), 'corrupt', /^meta\.json: size: /],
    [JSON.stringify({ ...whole, dedicatedColumns: [{ s: 'link', n: 'a' }] }), 'corrupt', /dedicatedColumns\.0\.s: /],
    [
      JSON.stringify({ ...whole, format: 'vParquet3' }),
      'unsupported',
      /^meta\.json: a block of the version "vParquet3"; read are vParquet4 and vParquet5$/,
    ],
  ])('%s', (text, kind, message) => {
    const error = labError(() => parseMeta(text))
    expect([error.kind, error.message]).toEqual([kind, expect.stringMatching(message)])
  })
})
