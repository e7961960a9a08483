import type { SchemaElement } from 'hyparquet'
import { LabError } from '../../error.ts'

/** A column of a Parquet file that holds values. */
export interface Leaf {
  /** Names from the root, joined by dots, those of lists left out: `rs.ss.Spans.Name` in every version. */
  readonly name: string
  /** All names from the root, joined by dots. */
  readonly path: string
  readonly type: string
  /** Of FIXED_LEN_BYTE_ARRAY. */
  readonly byteLength: number | undefined
  /** By repeated field on the way to it, outermost first, the definition level from which an element is there. */
  readonly depths: readonly number[]
  /** The definition level of a value that is there. */
  readonly maxDefinition: number
}

/** The parents of a leaf on the way down. */
interface Path {
  readonly names: readonly string[]
  readonly depths: readonly number[]
  readonly definition: number
}

const maxDepth = 32

/** The leaves of a schema, in the order of their columns. */
export function leavesOf(schema: readonly SchemaElement[]): Leaf[] {
  const leaves: Leaf[] = []
  const root = schema[0] ?? fail('is empty')
  let next = 1
  const visit = (path: Path, childCount: number): void => {
    if (path.names.length > maxDepth) fail('nests too deep')
    for (let child = 0; child < childCount; child++) {
      const element = schema[next++]
      if (element === undefined) fail(`ends where ${path.names.join('.') || 'the root'} lacks a field`)
      const inner = descend(path, element)
      if (element.type === undefined) visit(inner, element.num_children ?? 0)
      else leaves.push(leafOf(inner, element.type, element.type_length))
    }
  }
  visit({ names: [], depths: [], definition: 0 }, root.num_children ?? 0)
  if (next !== schema.length) fail(`has ${schema.length} elements, ${next} belong to the root`)
  return leaves
}

function descend({ names, depths, definition }: Path, { name, repetition_type }: SchemaElement): Path {
  if (typeof name !== 'string') fail('has an element without a name')
  if (repetition_type === undefined) fail(`does not say how often ${name} stands`)
  const inner = repetition_type === 'REQUIRED' ? definition : definition + 1
  return {
    names: [...names, name],
    depths: repetition_type === 'REPEATED' ? [...depths, inner] : depths,
    definition: inner,
  }
}

function leafOf({ names, depths, definition }: Path, type: string, byteLength: number | undefined): Leaf {
  const name = names.filter((own, i) => !isListLevel(names, own, i)).join('.')
  return { name, path: names.join('.'), type, byteLength, depths, maxDefinition: definition }
}

/** True for `list` and `element` of a list of three levels. */
function isListLevel(names: readonly string[], name: string, at: number): boolean {
  if (name === 'list') return names[at + 1] === 'element'
  return name === 'element' && names[at - 1] === 'list'
}

function fail(message: string): never {
  throw new LabError('corrupt', `Parquet footer: the schema ${message}`)
}
