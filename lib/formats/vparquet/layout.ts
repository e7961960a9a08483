import { LabError } from '../../error.ts'
import type { AttributeScope } from '../../model/scan.ts'
import type { Leaf } from '../../parquet/read/leaves.ts'
import { dedicatedLeaves, overfull } from './dedicated.ts'
import type { BlockMeta, Version } from './meta.ts'
import { type ColumnType, optionalSuffixes, ownerDepths, prefixes, required, serviceName, wellKnown } from './schema.ts'

/** An attribute with a column of its own. */
export interface AttributeColumn {
  readonly key: string
  /** The name of the leaf. */
  readonly column: string
  /** True where an owner may have several values, which are an array then. */
  readonly isRepeated: boolean
}

/** Which columns a block has, and what they mean. */
export interface Layout {
  readonly version: Version
  readonly attributes: Readonly<Record<AttributeScope, readonly AttributeColumn[]>>
  /** Whether the lists of attributes are read too. */
  readonly readsLists: boolean
  /** Columns of attributes of which nothing says the key. */
  readonly nameless: readonly string[]
}

/** Columns that tell what a file is. */
const shownColumns = 3

type Leaves = ReadonlyMap<string, Leaf>

/** What the columns of a file mean; `meta` gives the keys of dedicated ones. */
export function layoutOf(leaves: Leaves, meta: BlockMeta | undefined): Layout {
  const version = versionOf(leaves)
  if (meta && meta.version !== version)
    throw new LabError('corrupt', `meta.json: says ${meta.version}, data.parquet has the columns of ${version}`)
  checkColumns(leaves)
  const problem = overfull(version, meta?.dedicatedColumns ?? [])
  if (problem !== undefined) throw new LabError('corrupt', `meta.json: ${problem}`)
  const named = dedicatedLeaves(version, meta?.dedicatedColumns ?? []).map(
    ({ scope, name, column }): Named => ({
      scope,
      key: column.name,
      column: `${prefixes[scope]}.DedicatedAttributes.${name}`,
    }),
  )
  const known = new Set(named.map(({ column }) => column))
  const columnsOf = (scope: AttributeScope) =>
    [...wellKnownLeaves(version, scope), ...named.filter(one => one.scope === scope)].map(({ key, column }) =>
      attributeColumn(leaves, scope, key, column),
    )
  return {
    version,
    attributes: {
      resource: columnsOf('resource'),
      instrumentation: [],
      span: columnsOf('span'),
      event: columnsOf('event'),
      link: [],
    },
    readsLists: true,
    nameless: [...leaves.keys()].filter(name => name.includes('.DedicatedAttributes.') && !known.has(name)),
  }
}

/** The same without attributes but for the names of services. */
export function withoutAttributes(layout: Layout): Layout {
  const resource = layout.attributes.resource.filter(({ key }) => key === serviceName.key)
  return {
    ...layout,
    attributes: { resource, instrumentation: [], span: [], event: [], link: [] },
    readsLists: false,
  }
}

/** Version 5 has no column of its own for HTTP any more; before version 4, arrays and kvlists had. */
function versionOf(leaves: Leaves): Version {
  const value = leaves.get('rs.ss.Spans.Attrs.Value')
  if (value === undefined || leaves.has('rs.ss.Spans.Attrs.ValueKVList')) {
    const first = [...leaves.keys()].slice(0, shownColumns).join(', ')
    const what = value === undefined ? `Parquet with the columns ${first}, …` : 'a block of vParquet3 or older'
    const known = 'blocks of vParquet4 and vParquet5 are read, and tables that convert --to parquet writes'
    throw new LabError('unsupported', `${what}: ${known}; export the traces as OTLP, Jaeger or Zipkin JSON`)
  }
  return leaves.has('rs.ss.Spans.HttpMethod') ? 'vParquet4' : 'vParquet5'
}

function checkColumns(leaves: Leaves): void {
  for (const [name, expected] of required) checkLeaf(name, leaves.get(name), expected)
  for (const [scope, prefix] of Object.entries(prefixes))
    for (const [suffix, { instead, ...column }] of Object.entries(optionalSuffixes)) {
      const name = `${prefix}.Attrs.${suffix}`
      const leaf = leaves.get(name)
      if (leaf || !leaves.has(`${prefix}.Attrs.${instead}`))
        checkLeaf(name, leaf, { ...column, depth: ownerDepths[scope as AttributeScope] + 1 })
    }
}

function checkLeaf(name: string, leaf: Leaf | undefined, expected: ColumnType): void {
  if (leaf === undefined) throw new LabError('unsupported', `vParquet: the column ${name} is missing`)
  const definition = expected.depth + (expected.isOptional ? 1 : 0)
  const { type, depths, maxDefinition } = leaf
  if (type === expected.type && depths.length === expected.depth && maxDefinition === definition) return
  const told = (one: string, depth: number, levels: number) => `${one} at depth ${depth} and definition ${levels}`
  throw new LabError(
    'unsupported',
    `${name}: should hold ${told(expected.type, expected.depth, definition)}, holds ${told(type, depths.length, maxDefinition)}`,
  )
}

interface Named {
  readonly scope: AttributeScope
  readonly key: string
  readonly column: string
}

function wellKnownLeaves(version: Version, scope: AttributeScope): Named[] {
  const own = Object.entries(wellKnown[version][scope] ?? {})
  const service = scope === 'resource' ? [[serviceName.column, serviceName.key] as [string, string]] : []
  return [...service, ...own].map(([column, key]) => ({ scope, key, column: `${prefixes[scope]}.${column}` }))
}

function attributeColumn(leaves: Leaves, scope: AttributeScope, key: string, column: string): AttributeColumn {
  const leaf = leaves.get(column)
  if (leaf === undefined) throw new LabError('corrupt', `meta.json: ${key} is to stand in ${column}, which is missing`)
  const isRepeated = leaf.depths.length > ownerDepths[scope]
  const type = leaf.type === 'INT64' ? 'INT64' : 'BYTE_ARRAY'
  const isOptional = !isRepeated && key !== serviceName.key
  checkLeaf(column, leaf, { type, depth: ownerDepths[scope] + (isRepeated ? 1 : 0), isOptional })
  return { key, column, isRepeated }
}
