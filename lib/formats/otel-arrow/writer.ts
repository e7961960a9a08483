import type { ByteSink } from '../../bytes/range.ts'
import { ByteWriter } from '../../bytes/writer.ts'
import { getOrInsert } from '../../maps.ts'
import type { Attributes, Resource, Scope, Span, Trace } from '../../model/trace.ts'
import { PackWriter } from '../../storage/pack.ts'
import { writeResource, writeScope } from '../../wire/cbor/resource.ts'
import { attributeRows } from './attributes.ts'
import { delta, quasiDelta } from './ids.ts'
import { type TableColumn, writeTable } from './table.ts'
import {
  attributeColumns,
  type EventRow,
  eventColumns,
  type LinkRow,
  linkColumns,
  objectName,
  type SpanRow,
  spanColumns,
  type TableName,
  tableNames,
} from './tables.ts'

/** Spans of a batch: as many as ids of 16 bits name. */
const maxBatchSpans = 1 << 16

/** Writes traces as the tables of OTel-Arrow (FORMAT.md), batch by batch. */
export async function encodeOtelArrow(
  batches: AsyncIterable<readonly Trace[]>,
  sink: ByteSink,
  zstdLevel: number,
): Promise<void> {
  const pack = new PackWriter(sink)
  let held: Item[] = []
  let number = 0
  const flush = async () => {
    if (held.length === 0) return
    await new BatchWriter(pack, number++, zstdLevel).write(held)
    held = []
  }
  for await (const batch of batches)
    for (const { traceId, spans } of batch)
      for (const span of spans) {
        held.push({ traceId, span })
        if (held.length === maxBatchSpans) await flush()
      }
  await flush()
  await pack.finish()
}

interface Item {
  readonly traceId: string
  readonly span: Span
}

/** Writes the tables of one batch; those without rows are left out. */
class BatchWriter {
  readonly #pack: PackWriter
  readonly #number: number
  readonly #zstdLevel: number

  constructor(pack: PackWriter, number: number, zstdLevel: number) {
    this.#pack = pack
    this.#number = number
    this.#zstdLevel = zstdLevel
  }

  async write(items: readonly Item[]): Promise<void> {
    const { spans, owners } = arrange(items)
    await this.#table(tableNames.spans, spanColumns, spans)
    await this.#attributes(tableNames.resourceAttributes, owners.resources)
    await this.#attributes(tableNames.scopeAttributes, owners.scopes)
    const attributes = owners.spans.map(span => span.attributes)
    await this.#attributes(tableNames.spanAttributes, attributes)
    await this.#children(owners.spans)
  }

  async #children(spans: readonly Span[]): Promise<void> {
    const events = arrangeChildren(
      spans,
      ({ events }) => events,
      ({ name }) => name,
    )
    const links = arrangeChildren(
      spans,
      ({ links }) => links,
      ({ traceId }) => traceId,
    )
    const eventRows = events.rows.map(({ child, ...ids }): EventRow => ({ ...ids, event: child }))
    const linkRows = links.rows.map(({ child, ...ids }): LinkRow => ({ ...ids, link: child }))
    await this.#table(tableNames.events, eventColumns, eventRows)
    await this.#attributes(tableNames.eventAttributes, events.attributes)
    await this.#table(tableNames.links, linkColumns, linkRows)
    await this.#attributes(tableNames.linkAttributes, links.attributes)
  }

  async #table<R>(name: TableName, columns: readonly TableColumn<R>[], rows: readonly R[]): Promise<void> {
    if (rows.length === 0) return
    const write = (sink: ByteSink) => writeTable(sink, columns, rows, this.#zstdLevel)
    await this.#pack.put(objectName(this.#number, name), write)
  }

  /** Of owners by their ids. */
  #attributes(name: TableName, owners: readonly Attributes[]): Promise<void> {
    return this.#table(name, attributeColumns, attributeRows(owners.entries()))
  }
}

/** What the ids of a batch name. */
interface Owners {
  readonly spans: readonly Span[]
  readonly resources: readonly Attributes[]
  readonly scopes: readonly Attributes[]
}

/** Spans by resource, scope, name and trace; ids in that order, so that they ascend. */
function arrange(items: readonly Item[]): { spans: SpanRow[]; owners: Owners } {
  const [resources, scopes] = [new Positions(writeResource), new Positions(writeScope)]
  const placed = items.map(item => {
    const { resource, scope } = item.span
    return { ...item, resource: resources.of(resource), scope: scopes.of(scope) }
  })
  placed.sort(
    (a, b) =>
      a.resource - b.resource || a.scope - b.scope || order(a.span.name, b.span.name) || order(a.traceId, b.traceId),
  )
  const spanIds = new Ids<Span>()
  const [resourceIds, scopeIds] = [new Ids<Attributes>(), new Ids<Attributes>()]
  for (const [i, { span, resource, scope }] of placed.entries()) {
    const before = placed[i - 1]
    const isOfResource = before?.resource === resource
    const isReferred = span.attributes.length + span.events.length + span.links.length > 0
    spanIds.add(isReferred ? span : undefined, false)
    resourceIds.add(span.resource?.attributes, isOfResource)
    scopeIds.add(span.scope?.attributes, isOfResource && before?.scope === scope)
  }
  const [ids, ofResources, ofScopes] = [spanIds.deltas(), resourceIds.deltas(), scopeIds.deltas()]
  const spans = placed.map(({ traceId, span }, i): SpanRow => {
    return { traceId, span, id: ids[i], resourceId: ofResources[i], scopeId: ofScopes[i] }
  })
  return { spans, owners: { spans: spanIds.named, resources: resourceIds.named, scopes: scopeIds.named } }
}

/** Ids that ascend row by row, and what they name. */
class Ids<T> {
  readonly named: T[] = []
  readonly #ids: (number | undefined)[] = []

  /** The next row names nothing, what the row before it does, or something new. */
  add(item: T | undefined, isRepeated: boolean): void {
    if (item !== undefined && !isRepeated) this.named.push(item)
    this.#ids.push(item === undefined ? undefined : this.named.length - 1)
  }

  /** By row the id, less the last one before it. */
  deltas(): (number | undefined)[] {
    const differences = delta(this.#ids.filter(id => id !== undefined)).values()
    return this.#ids.map(id => (id === undefined ? undefined : differences.next().value))
  }
}

interface ChildRow<T> {
  readonly id: number | undefined
  readonly parentId: number
  readonly child: T
}

/** Events or links by `keyOf` and span. Those with attributes have ids. */
function arrangeChildren<T extends { readonly attributes: Attributes }>(
  spans: readonly Span[],
  childrenOf: (span: Span) => readonly T[],
  keyOf: (child: T) => string,
): { rows: ChildRow<T>[]; attributes: readonly Attributes[] } {
  const placed = spans.flatMap((span, parentId) => childrenOf(span).map(child => ({ parentId, child })))
  placed.sort((a, b) => order(keyOf(a.child), keyOf(b.child)) || a.parentId - b.parentId)
  const ids = new Ids<Attributes>()
  for (const { child } of placed) ids.add(child.attributes.length > 0 ? child.attributes : undefined, false)
  const deltas = ids.deltas()
  const parents = quasiDelta(
    placed.map(({ parentId }) => parentId),
    i => keyOf(placed[i]!.child) === keyOf(placed[i - 1]!.child),
  )
  const rows = placed.map(({ child }, i): ChildRow<T> => ({ id: deltas[i], parentId: parents[i]!, child }))
  return { rows, attributes: ids.named }
}

/** Positions of resources or scopes in the order of first use; -1 where there is none. */
class Positions<T extends Resource | Scope> {
  readonly #write: (writer: ByteWriter, item: T) => void
  readonly #known = new Map<T, number>()
  readonly #distinct = new Map<string, number>()

  constructor(write: (writer: ByteWriter, item: T) => void) {
    this.#write = write
  }

  of(item: T | null): number {
    if (item === null) return -1
    return getOrInsert(this.#known, item, () => {
      const writer = new ByteWriter(256)
      this.#write(writer, item)
      return getOrInsert(this.#distinct, writer.view().toString('latin1'), () => this.#distinct.size)
    })
  }
}

function order(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}
