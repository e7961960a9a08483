import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { widthOf } from '../../../harness/text/width.ts'
import { lab } from '../../support/command.ts'
import { runTasksInProcess } from '../../support/tasks-in-process.ts'

runTasksInProcess()

const service = { stringValue: 'a "quoted", long name of a service' }
const span = {
  traceId: '0102030405060708090a0b0c0d0e0f10',
  spanId: '0102030405060708',
  name: 'a name that is long enough to be cut at a terminal of eighty columns',
  startTimeUnixNano: '5',
  endTimeUnixNano: '9',
}
const resource = { attributes: [{ key: 'service.name', value: service }] }
let folder: string
let input: string
let block: string

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'formats-test-'))
  input = join(folder, 'in.json')
  block = join(folder, 'in.bp')
  writeFileSync(input, JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ spans: [span] }] }] }))
  await lab('convert', input, '--to', 'blockpack', '--enable-minhash', '--out', block, '--no-progress')
})
afterAll(() => rmSync(folder, { recursive: true }))
const { isTTY, columns } = process.stdout
afterEach(() => Object.assign(process.stdout, { isTTY, columns }))

/** Every command that prints tables and takes little time. */
const commands = (): string[][] => [
  ['list'],
  ['--input', input, '--phase', '01,06', '--rounds', '1', '--no-progress', '--results', join(folder, 'results')],
  ['size', '--input', input, '--phase', '01', '--spans-per-day', '1000', '--no-progress'],
  ['profile', input],
  ['patterns', block],
  ['patterns', block, '--tree'],
  ['inspect', block],
  ['inspect', block, '--by', 'operation'],
  ['query', '{ }', block, '--explain'],
  ['query', '{ } | rate()', block],
  ['tags', block],
  ['tag-values', 'resource.service.name', block],
  ['trace', span.traceId, block],
  ['similar', span.traceId, block],
]

test('every table is printed as Markdown, CSV and JSON, and is at most as wide as the terminal', async () => {
  for (const command of commands()) {
    const title = command.join(' ')
    const json = await lab(...command, '--format', 'json')
    expect([json.code, json.stderr], title).toEqual([0, expect.not.stringMatching(/\{/)])
    expect(JSON.parse(json.stdout), title).toBeTypeOf('object')
    expect((await lab(...command, '--format', 'csv')).stdout, title).toMatch(/^[^\n]+\r\n/)
    const markdown = await lab(...command, '--format', 'markdown')
    expect(markdown.stdout, title).toMatch(command[0] === 'similar' ? /\n\nno other/ : /^\| -+:? \|/m)
    Object.assign(process.stdout, { isTTY: true, columns: 80 })
    const { stdout } = await lab(...command)
    Object.assign(process.stdout, { isTTY, columns })
    const lines = stdout.split('\n')
    const tables = lines.filter((_, i) => lines.slice(0, i).filter(line => line.startsWith('───')).length % 3 !== 0)
    if (!['list', 'similar', 'trace'].includes(command[0]!)) expect(tables.length, title).toBeGreaterThan(0)
    expect(Math.max(0, ...tables.map(widthOf)), title).toBeLessThanOrEqual(80)
  }
})

test('--json is --format json', async () => {
  for (const command of commands().slice(3, 10))
    expect(await lab(...command, '--json'), command.join(' ')).toEqual(await lab(...command, '--format', 'json'))
})

test('what is said beside a table goes to standard error where a program reads', async () => {
  const { stdout, stderr } = await lab('tag-values', 'resource.service.name', block, '--format', 'csv')
  expect(stdout).toBe('type,value\r\nstring,"a ""quoted"", long name of a service"\r\n')
  expect(stderr).toBe('1 value\n')
})

test('a run as CSV is one table of all figures, unrounded', async () => {
  const { stdout } = await lab(...commands()[1]!, '--format', 'csv')
  const [head, row] = stdout.split('\r\n')
  expect(head).toMatch(/^phase,bytes,B\/span,.*,kept,enc spans\/s,.*,lost,problem$/)
  expect(row).toMatch(/^01 NDJSON,(\d+),\1,1,/)
})

test.each([
  [['list', '--format', 'cvs'], /^--format cvs: needs one of table, markdown, csv, json \(did you mean csv\?\)\n$/],
  [['list', '--format', 'jaeger'], /^--format jaeger: needs one of table/],
  [['tags', 'x', '--json', '--format', 'csv'], /^--json: does not go with --format csv\n$/],
  [['--format', 'jaeger'], /^--format jaeger: goes with --input\n$/],
  [['--input-format', 'jaeger'], /^--input-format: goes with --input\n$/],
  [['profile', 'x', '--input-format', 'csv'], /^--input-format csv: needs one of otlp-json/],
])('a wrong format is a wrong call: %j', async (args, message) => {
  const { code, stdout, stderr } = await lab(...args)
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  expect(stderr).toMatch(message)
})

test('--format still takes the format of an input, as --input-format does', async () => {
  for (const flag of ['--format', '--input-format'])
    expect((await lab('profile', input, flag, 'jaeger')).stderr, flag).toMatch(/^\S+in\.json: jaeger: /)
  const both = await lab('profile', input, '--input-format', 'otlp-json', '--format', 'csv')
  expect([both.code, both.stdout]).toEqual([0, expect.stringMatching(/^number of,mean/)])
})
