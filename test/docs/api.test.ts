import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import * as library from '../../lib/index.ts'

const pages = ['api.md', 'vparquet.md'].map(name => readFile(join(import.meta.dirname, '../../docs', name), 'utf8'))
const page = (await Promise.all(pages)).join('\n')
const examples = [...page.matchAll(/^```ts\n(.*?)^```/gms)].map(match => match[1]!)
const AsyncFunction = (async () => {}).constructor as FunctionConstructor

test('every value that the library exports is on the pages, and nothing else is imported there', () => {
  const imported = examples.flatMap(example => [...example.matchAll(/^import \{ (.*) \} from 'trace-storage-lab'$/gm)])
  for (const name of imported.flatMap(match => match[1]!.split(', '))) expect(library, name).toHaveProperty(name)
  for (const name of Object.keys(library)) expect(page).toMatch(new RegExp(`\\b${name}\\b`))
})

test('the examples run, one after the other in one program', async () => {
  expect(examples.length).toBeGreaterThan(5)
  const seen = new Set<string>()
  const program = examples.join('\n').replaceAll(/^import \{ (.*) \} from .*$/gm, (_, names: string) => {
    const fresh = names.split(', ').filter(name => !seen.has(name))
    for (const name of fresh) seen.add(name)
    return `const { ${fresh.join(', ')} } = library`
  })
  const folder = await mkdtemp(join(tmpdir(), 'trace-storage-lab-test-'))
  try {
    const results = `${program}\nreturn { traces, losses, answer, rate, facts, whole, counted, bytes }`
    const { traces, losses, answer, rate, facts, counted, bytes } = await new AsyncFunction(
      'library',
      'folder',
      results,
    )(library, folder)
    expect(Buffer.from(bytes).toString()).toBe('he')
    expect(counted.reads.bytes).toBe(2)
    expect(traces).toHaveLength(1)
    expect(losses.list()).toEqual([])
    expect(answer.traces).toHaveLength(1)
    expect(rate.series).toHaveLength(1)
    expect(facts.byteLength).toBeGreaterThan(100)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
