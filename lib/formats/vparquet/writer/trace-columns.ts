import { getOrInsert } from '../../../maps.ts'
import { nestedSets } from '../../../model/nested-sets.ts'
import { serviceOf } from '../../../model/service.ts'
import type { Resource, Scope, Span, Trace } from '../../../model/trace.ts'
import { parentRows, rootRow } from '../../../model/tree.ts'
import type { Columns } from '../../../parquet/write/columns.ts'
import { Int32Values, Int64Values } from '../../../parquet/write/number-values.ts'
import { ByteArrayValues, DictionaryValues } from '../../../parquet/write/string-values.ts'
import { printAttributes } from '../../../wire/otlp-json/value.ts'
import type { DedicatedColumn, Version } from '../meta.ts'
import { prefixes } from '../schema.ts'
import { type Owner, ownerColumns } from './owner.ts'
import { SpanColumns, type Tree } from './span-columns.ts'

const errorCode = 2

/** Writes traces as rows of a block: their spans by resource and scope, with what Tempo derives of them. */
export class TraceColumns {
  readonly #columns: Columns
  readonly #trace: ReturnType<typeof traceLeaves>
  readonly #resources: Owner
  readonly #scopes: Owner & { name: DictionaryValues; version: DictionaryValues }
  readonly #spans: SpanColumns
  /** By resource and scope what names it by its content. */
  readonly #contents = new WeakMap<object, string>()

  constructor(columns: Columns, version: Version, settings: readonly DedicatedColumn[]) {
    const { instrumentation } = prefixes
    this.#columns = columns
    this.#trace = traceLeaves(columns, version)
    this.#resources = ownerColumns(columns, version, 'resource', settings)
    this.#scopes = {
      ...ownerColumns(columns, version, 'instrumentation', settings),
      name: columns.values(`${instrumentation}.Name`, DictionaryValues),
      version: columns.values(`${instrumentation}.Version`, DictionaryValues),
    }
    this.#spans = new SpanColumns(columns, version, settings)
  }

  add({ traceId, spans }: Trace): void {
    const [columns, leaves] = [this.#columns, this.#trace]
    const [start, end] = [startOf(spans), endOf(spans)]
    const parents = parentRows(spans)
    const root = spans[rootRow(traceId, spans, parents)]
    columns.row()
    leaves.id.addHex(traceId)
    leaves.idText.addText(traceId.replace(/^0+/, ''))
    leaves.start.add(start)
    leaves.end.add(end)
    leaves.duration.add(end - start)
    leaves.rootService.addText(serviceOf(root?.resource ?? null))
    leaves.rootName.addText(root?.name ?? '')
    this.#addStats(spans)
    this.#addResources(spans, treeOf(parents))
  }

  #addStats(spans: readonly Span[]): void {
    const { stats } = this.#trace
    const counts = new Map<string, { spans: number; errors: number }>()
    for (const span of spans) {
      const own = getOrInsert(counts, serviceOf(span.resource), () => ({ spans: 0, errors: 0 }))
      own.spans++
      if (span.status?.code === errorCode) own.errors++
    }
    let isFirst = true
    for (const [service, own] of counts) {
      stats.list.open(isFirst, 0)
      stats.service.addText(service)
      stats.spanCount.add(own.spans)
      stats.errorCount.add(own.errors)
      isFirst = false
    }
    if (isFirst) stats.list.none(0)
  }

  #addResources(spans: readonly Span[], tree: Tree): void {
    const groups = this.#grouped([...spans.keys()], row => spans[row]!.resource)
    if (groups.length === 0) this.#resources.list.none(0)
    for (const [i, [resource, rows]] of groups.entries()) {
      const repetition = this.#resources.list.open(i === 0, 0)
      this.#resources.attributes.add(resource?.attributes ?? [], repetition)
      this.#resources.dropped.add(resource?.droppedAttributesCount ?? 0)
      this.#addScopes(spans, tree, rows, repetition)
    }
  }

  #addScopes(spans: readonly Span[], tree: Tree, rows: readonly number[], repetition: number): void {
    const { list, name, version, attributes, dropped } = this.#scopes
    for (const [i, [scope, within]] of this.#grouped(rows, row => spans[row]!.scope).entries()) {
      const own = list.open(i === 0, repetition)
      name.addText(scope?.name ?? '')
      version.addText(scope?.version ?? '')
      attributes.add(scope?.attributes ?? [], own)
      dropped.add(scope?.droppedAttributesCount ?? 0)
      this.#spans.add(spans, tree, within, own)
    }
  }

  /** The rows that have an item of equal content together, in the order of first sight. */
  #grouped<T extends Resource | Scope>(
    rows: readonly number[],
    itemOf: (row: number) => T | null,
  ): [T | null, number[]][] {
    const groups = new Map<string, [T | null, number[]]>()
    for (const row of rows) {
      const item = itemOf(row)
      const content = item === null ? '' : this.#content(item)
      getOrInsert(groups, content, (): [T | null, number[]] => [item, []])[1].push(row)
    }
    return [...groups.values()]
  }

  #content(item: Resource | Scope): string {
    return getOrInsert(this.#contents, item, () => {
      const name = 'name' in item ? JSON.stringify([item.name, item.version]) : ''
      return `${name}${item.droppedAttributesCount}${printAttributes(item.attributes)}`
    })
  }
}

function traceLeaves(columns: Columns, version: Version) {
  const stats = version === 'vParquet4' ? 'ServiceStats.key_value' : 'ServiceStats'
  const [service, counts] =
    version === 'vParquet4' ? [`${stats}.key`, `${stats}.value`] : [`${stats}.ServiceName`, stats]
  return {
    id: columns.values('TraceID', ByteArrayValues),
    idText: columns.values('TraceIDText', ByteArrayValues),
    start: columns.values('StartTimeUnixNano', Int64Values),
    end: columns.values('EndTimeUnixNano', Int64Values),
    duration: columns.values('DurationNano', Int64Values),
    rootService: columns.values('RootServiceName', DictionaryValues),
    rootName: columns.values('RootSpanName', DictionaryValues),
    stats: {
      list: columns.list('ServiceStats'),
      service: columns.leaf(service).values as DictionaryValues | ByteArrayValues,
      spanCount: columns.values(`${counts}.SpanCount`, Int32Values),
      errorCount: columns.values(`${counts}.ErrorCount`, Int32Values),
    },
  }
}

function startOf(spans: readonly Span[]): bigint {
  return spans.reduce((least, { startNanos }) => (startNanos < least ? startNanos : least), spans[0]!.startNanos)
}

function endOf(spans: readonly Span[]): bigint {
  return spans.reduce((greatest, { endNanos }) => (endNanos > greatest ? endNanos : greatest), spans[0]!.endNanos)
}

function treeOf(parents: Int32Array): Tree {
  const sets = nestedSets(parents, Uint32Array.of(0, parents.length))
  const childCounts = new Int32Array(parents.length)
  for (const [row, parent] of parents.entries()) if (parent >= 0 && sets.left[row] !== 0) childCounts[parent]!++
  return { ...sets, childCounts }
}
