import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))

const formats = [
  ...['blockpack', 'cbor', 'columnar', 'jaeger', 'ndjson', 'flat', 'clickhouse', 'otel-arrow'],
  ...['otlp', 'relations', 'squeezed', 'vparquet', 'zipkin'],
]

/**
 * Rooms by floor, lowest first; within a room its inner rooms have floors too. A file imports from its own room or from
 * a lower floor, and belongs to the innermost room that holds it.
 */
const floors = [
  ['lib/system-reasons.ts'],
  ['lib/error.ts', 'lib/maps.ts', 'lib/median.ts', 'lib/nearest.ts', 'lib/turns.ts'],
  ['lib/bytes', 'lib/regex', 'lib/workers'],
  ['lib/model'],
  ['lib/codecs', 'lib/storage'],
  ['lib/encodings', 'lib/wire'],
  ['lib/patterns'],
  ['lib/sampling', 'lib/rollup'],
  ['lib/shred', 'lib/traceql/language'],
  ['lib/traceql/engine', 'lib/collector'],
  ['lib/traceql/metrics'],
  ['lib/traceql/answers'],
  ['lib/parquet', 'lib/formats/losses.ts'],
  [
    ...['lib/formats/format.ts', 'lib/formats/foreign', 'lib/formats/tempo-yaml.ts', 'lib/formats/span-rows.ts'],
    'lib/formats/stored',
  ],
  ['lib/formats/blockpack/layout'],
  ['lib/formats/blockpack/indexes'],
  ['lib/formats/blockpack/read', 'lib/formats/blockpack/write'],
  ['lib/formats/blockpack/query'],
  formats.map(format => `lib/formats/${format}`),
  ['lib/formats'],
  ['lib/import', 'lib/search', 'lib/questions'],
  ['lib/serve/refusal.ts', 'lib/serve/wal'],
  ['lib/serve/tenant.ts', 'lib/serve/counters.ts'],
  ['lib/serve/blocks/meta.ts'],
  ['lib/serve/blocks/plan.ts'],
  ['lib/serve/config.ts'],
  ['lib/serve/live'],
  ['lib/serve/blocks', 'lib/serve/admission.ts'],
  ['lib/serve/block-queue.ts'],
  ['lib/serve/recovery.ts', 'lib/serve/upkeep.ts'],
  ['lib/serve/store.ts'],
  ['lib/serve/page'],
  ['lib/tiers'],
  ['lib/serve'],
  ['lib/cluster/commits', 'lib/cluster/log'],
  ['lib/cluster/records'],
  ['lib/cluster', 'lib/cluster/distribute'],
  ['lib/cluster/roles'],
  ['lib/conformance/data'],
  ['lib/conformance/api'],
  ['lib/conformance/checks'],
  ['lib/conformance'],
  ['lib/index.ts', 'lib/worker.ts', 'generator', 'phases'],
  ['harness/compile'],
  ['harness/runs', 'harness/text'],
  ['harness/charts'],
  ['harness/process'],
  ['harness/stack'],
  ['harness/floor', 'harness/open'],
  ['harness/verify'],
  ['harness/view'],
  ['harness/report'],
  ['harness/lab'],
  ['harness/bench', 'harness/conformance'],
  ['harness/cli', 'harness/tasks.ts'],
  ['harness'],
  ['main.ts'],
]

const files = ['main.ts', ...['lib', 'generator', 'phases', 'harness'].flatMap(filesBelow)]
const imports = new Map(files.map(file => [file, importsOf(file)]))

function filesBelow(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true })
    .map(name => `${folder}/${name}`)
    .filter(name => /\.tsx?$/.test(name) && !name.endsWith('.d.ts'))
}

function importsOf(file: string): string[] {
  const text = readFileSync(join(root, file), 'utf8')
  const specifiers = [...text.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*'(\.[^']+)'/g)].map(match => match[1]!)
  return specifiers.map(specifier => join(dirname(file), specifier))
}

function isIn(file: string, room: string): boolean {
  return file === room || file.startsWith(`${room}/`)
}

function roomOf(file: string): string {
  const rooms = floors.flat().filter(name => isIn(file, name))
  if (rooms.length === 0) throw new Error(`${file} is in no room: add its room to the floors in this test`)
  return rooms.reduce((inner, room) => (room.length > inner.length ? room : inner))
}

function floorOf(file: string): number {
  return floors.findIndex(names => names.includes(roomOf(file)))
}

test('files are found, and their imports', () => {
  expect(files.length).toBeGreaterThan(40)
  expect(imports.get('main.ts')).toEqual(['harness/start.ts'])
})

test('a file imports from its own room or a lower floor', () => {
  const upward = [...imports].flatMap(([file, targets]) =>
    targets
      .filter(target => roomOf(target) !== roomOf(file) && floorOf(target) >= floorOf(file))
      .map(target => `${file} imports ${target}`),
  )
  expect(upward).toEqual([])
})

test('formats and TraceQL know only the model of each other', () => {
  const meets = (file: string, target: string) =>
    (isIn(file, 'lib/formats') && isIn(target, 'lib/traceql')) ||
    (isIn(file, 'lib/traceql') && isIn(target, 'lib/formats'))
  const meetings = [...imports].flatMap(([file, targets]) =>
    targets.filter(target => meets(file, target)).map(target => `${file} imports ${target}`),
  )
  expect(meetings).toEqual([])
})

test('imports run in no circle', () => {
  const done = new Set<string>()
  const visit = (file: string, path: readonly string[]): void => {
    if (path.includes(file)) throw new Error(`a circle: ${[...path.slice(path.indexOf(file)), file].join(' > ')}`)
    if (done.has(file)) return
    for (const target of imports.get(file) ?? []) visit(target, [...path, file])
    done.add(file)
  }
  for (const file of files) visit(file, [])
})

test('no phase imports a phase, and a phase is at most 150 lines', () => {
  const phases = files.filter(file => /^phases\/\d/.test(file))
  for (const phase of phases) {
    expect(imports.get(phase)!.filter(target => /^phases\/\d/.test(target))).toEqual([])
    expect(readFileSync(join(root, phase), 'utf8').split('\n').length, phase).toBeLessThanOrEqual(151)
  }
})

/** The lines of a file that say something: without blanks, imports and comments. */
function codeOf(file: string): string[] {
  const text = readFileSync(join(root, file), 'utf8').replaceAll(/^import [^']*'[^']*'$/gm, '')
  const lines = text.split('\n').map(line => line.replaceAll(/\s+/g, ''))
  return lines.filter(line => line !== '' && !/^(?:\/\/|\/\*|\*)/.test(line))
}

/** Where blocks of `length` lines occur that have occurred before. */
function repeatedBlocks(code: ReadonlyMap<string, readonly string[]>, length: number): string[] {
  const places = new Map<string, string>()
  const repeated: string[] = []
  for (const [file, lines] of code)
    for (let start = 0; start + length <= lines.length; start++) {
      const block = lines.slice(start, start + length).join('\n')
      const known = places.get(block)
      if (known !== undefined) repeated.push(`${known} and ${file}, from ${lines[start]} on`)
      places.set(block, file)
    }
  return repeated
}

test('no twelve lines of code occur twice', () => {
  const copies = new Map([
    ['a', ['x', 'y', 'z']],
    ['b', ['w', 'y', 'z']],
  ])
  expect(repeatedBlocks(copies, 2)).toEqual(['a and b, from y on'])
  expect(repeatedBlocks(new Map(files.map(file => [file, codeOf(file)])), 12)).toEqual([])
})
