import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { commands } from '../../harness/commands.ts'
import { lab } from '../support/command.ts'

/** What each command says of inputs that it could not read whole. */

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
  run: { args: input => ['run', '--input', input, ...oneRow, '--results', path('results')], isSlow: true },
  size: { args: input => ['size', '--input', input, ...oneRow, '--spans-per-day', '5'], isSlow: true },
}

/** They read no captures, or (bench) only what run and query read. */
const others = ['list', 'generate', 'compact', 'inspect', 'similar', 'bench']

test('every command stands in a table here', () => {
  expect([...Object.keys(readers), ...others].sort()).toEqual(Object.keys(commands).sort())
})

describe.each(Object.entries(readers))('%s', (_, { args, json, isSlow }) => {
  const call = async (input: string, ...flags: string[]) => {
    const { code, stdout, stderr } = await lab(...args(input), ...flags)
    return { code, told: stdout + stderr, stdout }
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
