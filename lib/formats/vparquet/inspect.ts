import { getOrInsert } from '../../maps.ts'
import type { AttributeScope } from '../../model/scan.ts'
import { type Attributes, type Trace, type ValueType, valueType } from '../../model/trace.ts'
import { headBytes, tailBytes } from '../../parquet/read/footer.ts'
import { dealOut } from '../stored/stored.ts'
import type { Block } from './block.ts'
import { type DedicatedColumn, dedicatedScopes, type Version } from './meta.ts'
import { decodeVparquet } from './reader.ts'
import { dedicated } from './schema.ts'
import { storedVparquet } from './stored.ts'
import { encodeVparquet } from './writer/writer.ts'

/** A column and what is stored of it. */
export interface ColumnBytes {
  readonly name: string
  readonly codec: string
  /** With its dictionaries. */
  readonly byteLength: number
  readonly dictionaryBytes: number
  /** Of values that are there. */
  readonly valueCount: number
}

/** An attribute and what is stored of it. */
export interface AttributeBytes {
  readonly scope: AttributeScope
  readonly key: string
  readonly isOwnColumn: boolean
  /** Of spans: those of a resource or scope are values of each of its spans. */
  readonly valueCount: number
  /** Of a column of its own exactly. Of a list of attributes a share, as `inspect --by attribute` deals it out. */
  readonly byteLength: number
}

/** What a dedicated column would save. */
export interface Advice {
  readonly column: DedicatedColumn
  readonly savedBytes: number
}

export interface VparquetFacts {
  readonly byteLength: number
  readonly version: Version
  readonly traceCount: number
  readonly spanCount: number
  readonly rowGroupCount: number
  readonly footerLength: number
  readonly indexLength: number
  /** The largest first. */
  readonly columns: readonly ColumnBytes[]
  readonly attributes: readonly AttributeBytes[]
  /** What saves most first; measured on so many spans of the block, rewritten with and without. */
  readonly advice: readonly Advice[]
  readonly advisedSpans: number
}

const scopes: readonly AttributeScope[] = ['resource', 'instrumentation', 'span', 'event', 'link']
/** So many attributes are tried as dedicated columns, on so many spans. */
const maxTries = 8
const maxSpans = 50_000

/** Where the bytes of a block go, and which dedicated columns would save some. All of it is read. */
export async function inspectVparquet(block: Block): Promise<VparquetFacts> {
  const { footer, layout, file, spanCount } = block
  const columns = columnBytes(block)
  const stored = columns.reduce((sum, { byteLength }) => sum + byteLength, 0)
  const footerLength = footer.byteLength + headBytes + tailBytes
  const attributes = await attributeBytes(block)
  const { advice, spanCount: advisedSpans } = await adviseOn(block, attributes)
  return {
    byteLength: file.byteLength,
    version: layout.version,
    traceCount: footer.rowCount,
    spanCount,
    rowGroupCount: footer.rowGroups.length,
    footerLength,
    indexLength: file.byteLength - stored - footerLength,
    ...{ columns, attributes, advice, advisedSpans },
  }
}

function columnBytes({ footer }: Block): ColumnBytes[] {
  const sum = (name: string, of: (chunk: ReturnType<typeof chunkOf>) => number) =>
    footer.rowGroups.reduce((total, _, group) => total + of(chunkOf(group, name)), 0)
  const chunkOf = (group: number, name: string) => footer.rowGroups[group]!.chunks.get(name)!
  return [...footer.leaves.keys()]
    .map(name => ({
      name,
      codec: footer.rowGroups.length === 0 ? 'none' : chunkOf(0, name).codec,
      byteLength: sum(name, ({ start, end }) => end - start),
      dictionaryBytes: sum(name, ({ start, dataStart }) => dataStart - start),
      valueCount: sum(name, ({ presentCount, valueCount, isEmpty }) => presentCount ?? (isEmpty ? 0 : valueCount)),
    }))
    .sort((a, b) => b.byteLength - a.byteLength)
}

/** Of the block's own columns and of its lists, as `storedVparquet` deals them out. */
async function attributeBytes(block: Block): Promise<AttributeBytes[]> {
  const { lines } = await dealOut(storedVparquet(block), 'attribute', block.file.byteLength)
  return lines.flatMap(({ name, kind, byteLength, count }): AttributeBytes[] => {
    const scope = scopes.find(one => name.startsWith(`${one}.`))
    if (kind !== 'attribute' || !scope) return []
    const key = name.slice(scope.length + 1)
    const isOwnColumn = block.layout.attributes[scope].some(one => one.key === key)
    return [{ scope, key, isOwnColumn, valueCount: count!, byteLength }]
  })
}

/** Rewrites some of the block with each of the heaviest attributes as a dedicated column. */
async function adviseOn(
  block: Block,
  attributes: readonly AttributeBytes[],
): Promise<{ advice: Advice[]; spanCount: number }> {
  const { version } = block.layout
  const traces = await someTraces(block)
  const spanCount = traces.reduce((sum, { spans }) => sum + spans.length, 0)
  const settled = settingsOf(block)
  const base = await sizeOf(traces, version, settled)
  const advice: Advice[] = []
  for (const column of candidates(version, attributes, traces).slice(0, maxTries)) {
    const savedBytes = base - (await sizeOf(traces, version, [...settled, column]))
    if (savedBytes > 0) advice.push({ column, savedBytes })
  }
  return { advice: advice.sort((a, b) => b.savedBytes - a.savedBytes), spanCount }
}

async function someTraces(block: Block): Promise<Trace[]> {
  const traces: Trace[] = []
  let spanCount = 0
  for await (const batch of decodeVparquet(block))
    for (const trace of batch) {
      traces.push(trace)
      spanCount += trace.spans.length
      if (spanCount >= maxSpans) return traces
    }
  return traces
}

/** The dedicated columns that the block has. */
function settingsOf({ layout, footer }: Block): DedicatedColumn[] {
  return dedicatedScopes.flatMap(scope =>
    layout.attributes[scope]
      .filter(({ column }) => column.includes('.DedicatedAttributes.'))
      .map(({ key, column }): DedicatedColumn => {
        return { scope, name: key, type: footer.leaves.get(column)!.type === 'INT64' ? 'int' : 'string' }
      }),
  )
}

async function sizeOf(
  traces: readonly Trace[],
  version: Version,
  dedicatedColumns: readonly DedicatedColumn[],
): Promise<number> {
  let byteLength = 0
  const sink = {
    write: async (chunk: Uint8Array) => {
      byteLength += chunk.length
    },
  }
  const batches = async function* (): AsyncIterable<readonly Trace[]> {
    yield traces
  }
  await encodeVparquet(batches(), sink, { version, dedicatedColumns })
  return byteLength
}

/** Attributes of the lists that a version could give a column, the heaviest first, with the type of most values. */
function candidates(
  version: Version,
  attributes: readonly AttributeBytes[],
  traces: readonly Trace[],
): DedicatedColumn[] {
  const types = new Map<string, Map<ValueType, number>>()
  for (const { scope, key, value } of eachAttribute(traces)) {
    const counts = getOrInsert(types, `${scope} ${key}`, () => new Map<ValueType, number>())
    counts.set(valueType(value), (counts.get(valueType(value)) ?? 0) + 1)
  }
  const typeOf = (scope: string, key: string) => {
    const counts = [...(types.get(`${scope} ${key}`) ?? [])].sort((a, b) => b[1] - a[1])
    return counts[0]?.[0]
  }
  return attributes.flatMap(({ scope, key, isOwnColumn }): DedicatedColumn[] => {
    const type = typeOf(scope, key)
    const found = dedicatedScopes.find(one => one === scope)
    const isPossible = type === 'string' || type === 'int'
    if (isOwnColumn || !found || !isPossible || dedicated[version][type] === 0) return []
    return dedicated[version].scopes.includes(scope) ? [{ scope: found, name: key, type }] : []
  })
}

function* eachAttribute(traces: readonly Trace[]) {
  const of = function* (scope: AttributeScope, attributes: Attributes) {
    for (const { key, value } of attributes) yield { scope, key, value }
  }
  for (const { spans } of traces)
    for (const { attributes, resource, events } of spans) {
      yield* of('span', attributes)
      if (resource) yield* of('resource', resource.attributes)
      for (const event of events) yield* of('event', event.attributes)
    }
}

/** The setting that gives attributes columns, for Tempo's configuration. */
export function printDedicatedSettings(columns: readonly DedicatedColumn[]): string {
  const lines = columns.map(
    ({ scope, name, type }) => `        - { scope: ${scope}, name: ${JSON.stringify(name)}, type: ${type} }`,
  )
  return ['storage:', '  trace:', '    block:', '      parquet_dedicated_columns:', ...lines].join('\n')
}
