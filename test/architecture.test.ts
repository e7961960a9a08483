import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))

/** Rooms by floor, lowest first. A file imports from its own room or from a lower floor. */
const floors = [
  ['lib/system-reasons.ts'],
  ['lib/error.ts', 'lib/nearest.ts'],
  ['lib/bytes', 'lib/model'],
  ['lib/codecs', 'lib/json', 'lib/storage', 'lib/regex'],
  ['lib/encodings'],
  ['lib/cbor', 'lib/ndjson', 'lib/otlp', 'lib/traceql'],
  ['lib/shred'],
  ['lib/dataset', 'lib/columnar', 'lib/relations'],
  ['lib/blockpack', 'lib/vparquet'],
  ['lib/sources'],
  ['lib/index.ts', 'generator', 'phases'],
  ['harness'],
  ['main.ts'],
]

const files = ['main.ts', ...['lib', 'generator', 'phases', 'harness'].flatMap(filesBelow)]
const imports = new Map(files.map(file => [file, importsOf(file)]))

function filesBelow(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true })
    .map(name => `${folder}/${name}`)
    .filter(name => name.endsWith('.ts'))
}

function importsOf(file: string): string[] {
  const text = readFileSync(join(root, file), 'utf8')
  const specifiers = [...text.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*'(\.[^']+)'/g)].map(match => match[1]!)
  return specifiers.map(specifier => join(dirname(file), specifier))
}

function roomOf(file: string): string {
  const room = floors.flat().find(name => file === name || file.startsWith(`${name}/`))
  if (room === undefined) throw new Error(`${file} stands in no room: add its room to the floors in this test`)
  return room
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
