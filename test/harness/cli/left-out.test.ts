import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { commands } from '../../../harness/cli/commands.ts'
import { lab } from '../../support/command.ts'
import { runTasksInProcess } from '../../support/tasks-in-process.ts'

/** What each command says of inputs that it could not read whole. */

runTasksInProcess()

const id = '0af7651916cd43dd8448eb211c80319c'
let folder: string
const path = (name: string) => join(folder, name)

function otlp(span: object): string {
  const whole = {
    traceId: id,
    spanId: 'b7ad6b7169203331',
    name: 'op',
    startTimeUnixNano: '5',
    endTimeUnixNano: '9',
    ...span,
  }
  return JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [whole] }] }] })
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trace-storage-lab-test-'))
  await mkdir(path('mixed'))
  await writeFile(path('mixed/good.json'), otlp({}))
  await writeFile(path('mixed/notes.txt'), 'no traces at all\n')
  await writeFile(path('fields.json'), otlp({ entityRefs: [], newField: 1 }))
  await writeFile(path('bad.jsonl'), `${otlp({})}\n${otlp({ spanId: 'no hex' })}\n`)
})

afterAll(() => rm(folder, { recursive: true, force: true }))

const oneRow = ['--phase', '01', '--no-progress']
const results = () => ['--results', path('results'), '--no-progress']

/**
 * How each command that reads traces is called with an input; whether it answers --json with an object; and whether it
 * starts processes, each of which takes its time.
 */
const readers: Record<string, { args: (input: string) => string[]; json?: boolean; isSlow?: boolean }> = {
  convert: { args: input => ['convert', input, '--to', 'ndjson', '--out', path('out.ndjson'), '--no-progress'] },
  trace: { args: input => ['trace', id, input] },
  query: { args: input => ['query', '{ }', input], json: true },
  tags: { args: input => ['tags', input], json: true },
  'tag-values': { args: input => ['tag-values', 'name', input], json: true },
  profile: { args: input => ['profile', input], json: true },
  patterns: { args: input => ['patterns', input], json: true },
  rollup: { args: input => ['rollup', input] },
  sample: {
    args: input => ['sample', input, '--policy', 'head:100%', '--out', path('out.bp')],
    json: true,
  },
  run: { args: input => ['run', '--input', input, '--phase', '01', '--rounds', '1', ...results()], json: true },
  size: { args: input => ['size', '--input', input, ...oneRow, '--spans-per-day', '5'], isSlow: true },
  'bench blocks': { args: input => ['bench', 'blocks', '--input', input, '--rounds', '1', ...results()], isSlow: true },
  'bench scale': { args: input => ['bench', 'scale', '--input', input, '--phase', '01', ...results()], isSlow: true },
  'bench queries': {
    args: input => ['bench', 'queries', '--input', input, '--phase', '01', '--rounds', '1', ...results()],
    isSlow: true,
  },
}

/** They read no captures, of blockpack files they refuse what they cannot read; `serve`, `report` and `conformance` have tests of their own. */
const others = [
  'list',
  'completion',
  'generate',
  'compact',
  'inspect',
  'similar',
  'blocks',
  'cluster',
  'serve',
  'report',
  'conformance',
]

test('every command stands in a table here', () => {
  const named = Object.keys(readers).map(name => name.split(' ')[0])
  expect([...new Set([...named, ...others])].sort()).toEqual(Object.keys(commands).sort())
})

describe.each(Object.entries(readers))('%s', (_, { args, json, isSlow }) => {
  const call = async (input: string, ...flags: string[]) => {
    const { code, stdout, stderr } = await lab(...args(input), ...flags)
    if (!flags.includes('--json')) expect(stdout).not.toMatch(/skipped |dropped by|left out: /)
    return { code, told: stderr, stdout }
  }

  test('a file of a folder that is not read is told by name, and the exit code is 1', async () => {
    const { code, told } = await call(path('mixed'))
    expect([code, told]).toEqual([1, expect.stringMatching(/skipped \S*notes\.txt: /)])
  })

  if (isSlow) return

  test('with --skip-bad it is told, and the exit code is 0', async () => {
    const { code, told } = await call(path('mixed'), '--skip-bad')
    expect([code, told]).toEqual([0, expect.stringMatching(/skipped \S*notes\.txt: /)])
  })

  test('dropped fields are told with count and place, and the exit code is 0', async () => {
    const { code, told } = await call(path('fields.json'))
    expect(code).toBe(0)
    expect(told).toMatch(/dropped by the source, first in \S*fields\.json: otlp-json: .*entityRefs ×1, .*newField ×1/)
  })

  test('a bad span ends it, or with --skip-bad is told with its place', async () => {
    const strict = await call(path('bad.jsonl'))
    expect([strict.code, strict.told]).toEqual([1, expect.stringContaining('bad.jsonl')])
    const { code, told } = await call(path('bad.jsonl'), '--skip-bad')
    expect([code, told]).toEqual([0, expect.stringMatching(/left out: span ×1, first \S*bad\.jsonl: otlp-json: /)])
  })

  test.runIf(json)('as JSON it is a field', async () => {
    const answers = [await call(path('mixed'), '--json'), await call(path('fields.json'), '--json')]
    answers.push(await call(path('bad.jsonl'), '--json', '--skip-bad'))
    const begin = [/^skipped /, /^dropped by/, /^left out: /].map(line => expect.stringMatching(line))
    expect(answers.map(({ told }) => told)).toEqual(begin)
    const [skipped, dropped, bad] = answers.map(({ stdout }) => JSON.parse(stdout).input)
    expect(skipped.skipped).toEqual([{ path: expect.stringContaining('notes.txt'), reason: expect.any(String) }])
    expect(dropped.dropped[0]).toEqual({
      field: expect.any(String),
      count: 1,
      first: expect.stringContaining('fields.json'),
    })
    expect(bad.bad).toEqual([expect.objectContaining({ unit: 'span', count: 1 })])
  })
})

const absent = 'f'.repeat(32)

test.each([
  ['a trace that is not found', ['trace', absent], `trace ${absent}: is not in `],
  ['a query that fails', ['query', '{ } | rate()', '--start', '9'], '--start 9000000000 ns: '],
])('%s may be in the file that was skipped, which is told before', async (_, args, problem) => {
  const { stderr } = await lab(...args, path('mixed'))
  const [skipped, failed] = stderr.split('\n')
  expect(skipped).toMatch(/^skipped \S*notes\.txt: /)
  expect(failed).toContain(problem)
})

test('captures without spans are told apart from those that were skipped', async () => {
  await mkdir(path('empty'))
  await writeFile(path('empty/none.json'), '{"resourceSpans":[]}')
  await writeFile(path('empty/notes.txt'), 'no traces at all\n')
  const { code, stderr } = await lab('query', '{ }', path('empty'))
  expect([code, stderr]).toEqual([1, expect.stringMatching(/^skipped \S*notes\.txt: .*\n.*holds no spans\n$/)])
})

test('lines are cut to the width of a terminal, and whole where they are piped', async () => {
  const piped = await lab('query', '{ }', path('mixed'))
  expect(piped.stderr).toMatch(/tables of spans in Parquet\)\n$/)
  const before = { isTTY: process.stderr.isTTY, columns: process.stderr.columns }
  onTestFinished(() => void Object.assign(process.stderr, before))
  Object.assign(process.stderr, { isTTY: true, columns: 60 })
  const { stderr } = await lab('query', '{ }', path('mixed'))
  expect(stderr).toBe(`${piped.stderr.slice(0, 59)}…\n`)
})
