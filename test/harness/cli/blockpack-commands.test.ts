import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { profiles } from '../../../lib/formats/blockpack/write/config.ts'
import { printTrace } from '../../../lib/formats/ndjson/print.ts'
import { readOtlpJson } from '../../../lib/formats/otlp/json.ts'
import { generated, packed } from '../../lib/formats/blockpack/blocks.ts'
import { chunked, collect } from '../../support/chunks.ts'
import { lab } from '../../support/command.ts'
import { joinPieces } from '../../support/traces.ts'

const folder = mkdtempSync(join(tmpdir(), 'blockpack-commands-test-'))
afterAll(() => rmSync(folder, { recursive: true }))

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

const traces = generated(120)
const block = await packed(traces)
const path = file('block.bp', block)
const cut = file('cut.bp', block.subarray(0, 1000))
const text = file('text.txt', 'no block at all, but longer than what stands at the ends of one')

test('compact writes a file in the configuration of its flags, and says what it did', async () => {
  const parts = [file('a.bp', await packed(traces.slice(0, 50))), file('b.bp', await packed(traces.slice(40)))]
  const out = join(folder, 'ab.bp')
  const { code, stderr } = await lab('compact', ...parts, '--out', out)
  expect(code).toBe(0)
  expect(stderr).toMatch(/^2 files, [\d,]+ B: 120 traces, [\d,]+ spans; 10 traces joined of several files; \d+ equal/)
  expect(Buffer.compare(readFileSync(out), block)).toBe(0)
  expect((await lab('compact', path, '--compression-codec', 'none', '--out', '-')).stdout.length).toBeGreaterThan(
    block.length,
  )
})

test.each([
  [['compact', join(folder, 'nope.bp'), '--out', 'x'], 1, /nope\.bp: no such file or folder\n$/],
  [['compact', path, text, '--out', 'x'], 1, /text\.txt: is no blockpack file; convert --to blockpack writes one\n$/],
  [['compact', path, folder, '--out', 'x'], 1, /is a folder\n$/],
  [['compact', path, '-', '--out', 'x'], 2, /^-: blockpack is read by ranges, so name a file\n$/],
  [['compact', '--out', 'x'], 2, /Not enough non-option arguments/],
  [['compact', path], 2, /Missing required argument: out/],
  [['compact', path, '--compression-level', '99', '--out', 'x'], 2, /^--compression-level 99: needs an integer/],
])('%j fails in one line', async (args, code, stderr) => {
  const before = readdirSync(folder)
  const outcome = await lab(...args.map(arg => (arg === 'x' ? join(folder, 'x') : arg)))
  expect([outcome.code, outcome.stdout]).toEqual([code, ''])
  expect(outcome.stderr).toMatch(stderr)
  expect(outcome.stderr.trimEnd()).not.toContain('\n')
  expect(readdirSync(folder)).toEqual(before)
})

test('trace shows a waterfall, or OTLP JSON, of the spans in all files', async () => {
  const { traceId, spans } = traces.find(({ spans }) => spans.length > 5)!
  const halves = [spans.slice(0, 3), spans.slice(3)]
  const [first, second] = halves.map(spans => ({ traceId, spans }))
  const files = [file('first.bp', await packed([first!])), file('second.jsonl', printTrace(second!)), path]
  const shown = await lab('trace', traceId.toUpperCase(), ...files)
  expect(shown.code).toBe(0)
  expect(shown.stdout.split('\n')).toHaveLength(spans.length + 5)
  const json = await lab('trace', traceId, ...files, '--json')
  const back = (await collect(readOtlpJson(chunked(Buffer.from(json.stdout, 'latin1'), 1000)))).flat()
  expect(joinPieces(back).map(({ spans }) => spans.length)).toEqual([spans.length])
  expect((await lab('trace', traceId, join(folder, 'first.bp'))).stdout.split('\n')).toHaveLength(3 + 5)
})

test('inspect prints parts and columns, or the same as JSON', async () => {
  const { code, stdout } = await lab('inspect', path)
  expect(code).toBe(0)
  for (const word of [
    'block.bp: blockpack version 2',
    'codec zstd at level 3',
    'trace index *',
    'similarity *',
    'span.id',
  ])
    expect(stdout).toContain(word)
  const facts = JSON.parse((await lab('inspect', path, '--json')).stdout)
  expect(facts).toMatchObject({ file: 'block.bp', byteLength: block.length, traceCount: 120, codec: 'zstd', level: 3 })
  const sumOf = (items: Record<string, number>[], key: string) => items.reduce((sum, item) => sum + item[key]!, 0)
  expect(sumOf(facts.parts, 'byteLength')).toBe(block.length)
  expect(sumOf(facts.parts, 'share')).toBeCloseTo(1)
  expect(facts.metadataShare).toBeGreaterThan(0)
  for (const column of facts.columns)
    expect(column).toMatchObject({ valueCount: expect.any(Number), layouts: expect.any(Array) })
})

test('similar lists what went the same way, with both similarities', async () => {
  const { code, stdout } = await lab('similar', traces[3]!.traceId, path, '--limit', '4')
  expect(code).toBe(0)
  expect(stdout).toMatch(new RegExp(`^trace ${traces[3]!.traceId}: ${traces[3]!.spans.length} spans, `))
  expect(stdout).toMatch(/similarity +estimated +traces +spans +root +services +trace ids/)
  expect(stdout.match(/^ +[01]\.\d{3} +[01]\.\d{3} +\d+ +\d+ /gm)!.length).toBeGreaterThanOrEqual(4)
})

test('similar needs the index', async () => {
  const plain = file('plain.bp', await packed(traces, { ...profiles.default, enableMinhash: false }))
  expect(await lab('similar', traces[3]!.traceId, plain)).toEqual({
    code: 1,
    stdout: '',
    stderr: `${plain}: has no index of similar traces; write it with --enable-minhash\n`,
  })
})

test.each([
  [['inspect', join(folder, 'nope.bp')], 1, /nope\.bp: no such file\n$/],
  [['inspect', text], 1, /text\.txt: is no blockpack file; convert --to blockpack writes one\n$/],
  [['inspect', cut], 1, /cut\.bp: blockpack footer at byte \d+: no blockpack footer at end of file\n$/],
  [['inspect', folder], 1, /: holds \d+ files; name one, as .*\n$/],
  [['inspect', '-'], 2, /^-: blockpack is read by ranges, so name a file\n$/],
  [['similar', '0102', '-'], 2, /^-: blockpack is read by ranges, so name a file\n$/],
  [['trace', '-', path], 2, /^trace id "-": needs 1 to 32 hex digits\n$/],
  [['inspect'], 2, /^Not enough non-option arguments/],
  [['inspect', path, path], 2, /^unknown argument/i],
  [['similar', '0102', path], 1, /block\.bp: trace 0102: is not in the file\n$/],
  [['similar', '0102', text], 1, /text\.txt: is no blockpack file; convert --to blockpack writes one\n$/],
  [['similar', '0102', path, '--limit', '0'], 2, /^--limit 0: needs an integer from 1 to 1000\n$/],
  [['trace', '0102', path], 1, /^trace 0102: is not in .*block\.bp\n$/],
  [['trace', 'zz', path], 2, /^trace id "zz": needs 1 to 32 hex digits\n$/],
  [['trace', '0102', join(folder, 'nope.bp')], 1, /nope\.bp: no such file\n$/],
  [['trace', '0102', text], 1, /text\.txt: no traces begin with 'no block/],
  [['trace', '0102'], 2, /^Not enough non-option arguments/],
])('%j fails in one line', async (args, code, stderr) => {
  const outcome = await lab(...args)
  expect([outcome.code, outcome.stdout]).toEqual([code, ''])
  expect(outcome.stderr).toMatch(stderr)
  expect(outcome.stderr.trimEnd()).not.toContain('\n')
})
