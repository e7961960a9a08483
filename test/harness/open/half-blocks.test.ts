import { spawn } from 'node:child_process'
import {
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { findTrace } from '../../../harness/open/find-trace.ts'
import { withSearchSource } from '../../../harness/open/search-source.ts'
import { Losses } from '../../../lib/formats/losses.ts'
import { ndjson } from '../../../lib/formats/ndjson/format.ts'
import { writeBlooms } from '../../../lib/formats/vparquet/blooms.ts'
import { writeBlock } from '../../../lib/formats/vparquet/writer/block.ts'
import { readInputs } from '../../../lib/import/input.ts'
import { joinById } from '../../../lib/import/sort.ts'
import { folderStore } from '../../../lib/storage/folder-store.ts'
import { MemorySink } from '../../../lib/storage/memory.ts'
import { collect, streamOf } from '../../support/chunks.ts'
import { labRejection } from '../../support/errors.ts'
import { generatedTraces } from '../../support/generated.ts'
import { span } from '../../support/nasty.ts'

const blockId = '11111111-2222-4333-8444-555555555555'
const traces = generatedTraces('otel', 30)
const folder = mkdtempSync(join(tmpdir(), 'half-blocks-test-'))
const store = join(folder, 'store')
const whole = join(store, 't', blockId)
const dedicatedColumns = [{ scope: 'span', name: 'http.request.method', type: 'string' }] as const

beforeAll(async () => {
  const place = { store: folderStore(store), tenantId: 't', blockId }
  await writeBlock(joinById(streamOf([traces])), place, { version: 'vParquet5', dedicatedColumns, rowGroupSpans: 100 })
})
afterAll(() => rmSync(folder, { recursive: true }))

/** A copy of the block whose parts are changed, in a folder of its name. */
function copyOf(name: string, change: (block: string) => void): string {
  const block = join(folder, name, blockId)
  mkdirSync(join(folder, name))
  cpSync(whole, block, { recursive: true })
  change(block)
  return block
}

async function converted(path: string): Promise<number> {
  return (await collect(readInputs([path], { losses: new Losses() }).batches)).flat().length
}

const searched = (path: string) => withSearchSource([path], async ({ files }) => files[0]!.traceCount)

/** One line that names the file, by a conversion and by a search. */
async function refusals(path: string): Promise<string[]> {
  const messages = [converted(path), searched(path)].map(async run => (await labRejection(run)).message)
  return Promise.all(messages)
}

async function expectRefused(path: string, message: RegExp): Promise<void> {
  for (const refusal of await refusals(path)) {
    expect(refusal).toMatch(message)
    expect(refusal).toMatch(new RegExp(`^${folder}/`))
    expect(refusal).not.toMatch(/undefined|NaN|\n/)
  }
}

test('spans that end before they start make times that go back, and no meta.json that is refused', async () => {
  for (const endNanos of [1_700_000_000_000_000_000n, 5n]) {
    const spans = [span({ startNanos: 1_700_000_000_000_000_001n, endNanos })]
    const place = { store: folderStore(join(folder, `back to ${endNanos}`)), tenantId: 't' }
    await writeBlock(streamOf([[{ traceId: '1'.repeat(32), spans }]]), place)
    expect(await converted(join(folder, `back to ${endNanos}`))).toBe(1)
  }
})

test('a whole block is read by its folder, its tenant and its data', async () => {
  for (const path of [whole, store, join(whole, 'data.parquet')])
    expect([await converted(path), await searched(path)]).toEqual([traces.length, traces.length])
})

describe('half a block', () => {
  test('without meta.json is refused where its folder is named, and its data are read alone with a warning', async () => {
    const block = copyOf('no-meta', path => rmSync(join(path, 'meta.json')))
    await expectRefused(block, /data\.parquet: (vparquet: )?half a block: there is no meta\.json beside it/)
    await expectRefused(join(folder, 'no-meta'), /data\.parquet: (vparquet: )?half a block/)
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
    expect(await searched(join(block, 'data.parquet'))).toBe(traces.length)
    expect(await converted(join(block, 'data.parquet'))).toBe(traces.length)
    expect(warn.mock.calls.map(([text]) => text)).toEqual(
      Array(2).fill(expect.stringMatching(/data\.parquet: read alone/)),
    )
    warn.mockRestore()
  })

  test('without its data is refused by the name that they would have', async () => {
    await expectRefused(
      copyOf('no-data', path => rmSync(join(path, 'data.parquet'))),
      /data\.parquet: no such file$/,
    )
  })

  test('that is compacted is refused', async () => {
    const block = copyOf('compacted', path => renameSync(join(path, 'meta.json'), join(path, 'meta.compacted.json')))
    await expectRefused(block, /a compacted block, whose traces stand in another/)
  })

  test('without its filter, or with that of another block or of another count of shards, loses no trace', async () => {
    const ids = traces.slice(0, 8).map(({ traceId }) => traceId)
    const other = writeBlooms([Buffer.alloc(16, 7)])[0]!
    const changes: Record<string, (shard: string, block: string) => void> = {
      missing: shard => rmSync(shard),
      cut: shard => writeFileSync(shard, readFileSync(shard).subarray(0, 1000)),
      empty: shard => writeFileSync(shard, ''),
      other: shard => writeFileSync(shard, other),
      'of three': (shard, block) => {
        for (const number of [1, 2]) copyFileSync(shard, join(block, `bloom-${number}`))
        writeFileSync(shard, other)
        editMeta(block, { bloomShards: 3 })
      },
    }
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
    for (const [name, change] of Object.entries(changes)) {
      const block = copyOf(`filter ${name}`, path => change(join(path, 'bloom-0'), path))
      warn.mockClear()
      for (const id of ids) expect((await findTrace(id, [block]))[0]!.traceId, name).toBe(id.padStart(32, '0'))
      expect(warn.mock.calls.length, name).toBeGreaterThan(0)
      expect(warn.mock.calls[0]![0]).toMatch(
        /data\.parquet: bloom-\d: is (missing|damaged): ids are looked for without it$/,
      )
    }
    warn.mockRestore()
  })
})

function editMeta(block: string, lie: Record<string, unknown>): void {
  const path = join(block, 'meta.json')
  writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, 'utf8')), ...lie }))
}

describe('meta.json that is at odds with its data or its folder', () => {
  test.each([
    [
      'the id',
      { blockID: '99999999-2222-4333-8444-555555555555' },
      /is of the block 9{8}-2222-.*, in the folder of 1{8}-/,
    ],
    [
      'the times',
      { startTime: '2001-01-01T00:00:00Z', endTime: '2001-01-01T01:00:00Z' },
      /traces are from 2001-01-01T/,
    ],
    ['times that go back', { endTime: '1999-01-01T00:00:00Z' }, /says that traces are from/],
    ['no time', { startTime: 'yesterday' }, /startTime: cannot be "yesterday"$/],
    [
      'no dedicated columns',
      { dedicatedColumns: [] },
      /names no attribute for the column rs\.ss\.Spans\.Dedicated.*String01/,
    ],
    ['a field that is missing', { size: undefined }, /size: is missing$/],
    ['a size that is a text', { size: 'x'.repeat(99) }, /size: cannot be "x{39}…$/],
  ])('%s', async (what, lie, message) => {
    const block = copyOf(`lie about ${what}`, path => editMeta(path, lie))
    await expectRefused(block, new RegExp(`data\\.parquet: (vparquet: )?meta\\.json: .*${message.source}`))
  })

  test.each([0, 1, 30, 200])('%i bytes of it are told as such', async length => {
    const block = copyOf(`cut at ${length}`, path => {
      writeFileSync(join(path, 'meta.json'), readFileSync(join(path, 'meta.json')).subarray(0, length))
    })
    await expectRefused(block, /meta\.json: is (empty|not JSON, or not all of it)$/)
  })
})

test('a conversion that is killed leaves no block that looks whole', async () => {
  const input = join(folder, 'traces.ndjson')
  const sink = new MemorySink()
  await ndjson.write!(streamOf([generatedTraces('otel', 150)]), sink)
  writeFileSync(input, sink.bytes())
  for (const part of ['.', 'data.parquet', 'bloom-0', 'index']) {
    const out = join(folder, `killed at ${part}`)
    const args = ['main.ts', 'convert', input, '--to', 'vparquet4', '--out', out, '--no-progress']
    const child = spawn(join('node_modules', '.bin', 'tsx'), args, { stdio: 'ignore', detached: true })
    const ended = new Promise(resolve => child.once('exit', resolve))
    const hasBegun = () => namesBelow(out).some(name => name.includes(`/${part}`))
    const poll = setInterval(() => hasBegun() && child.exitCode === null && process.kill(-child.pid!, 'SIGKILL'), 1)
    await ended
    clearInterval(poll)
    const isWhole = namesBelow(out).some(name => name.endsWith('/meta.json'))
    const outcome = await converted(out).catch(error => error.message as string)
    if (isWhole) expect(outcome, part).toBe(150)
    else expect(outcome, part).toMatch(/half a block: there is no meta\.json|none of 0 files/)
  }
})

/** What lies in a folder, in which another process works; nothing where that has just removed some of it. */
function namesBelow(path: string): string[] {
  try {
    return readdirSync(path, { recursive: true, encoding: 'utf8' })
  } catch {
    return []
  }
}
