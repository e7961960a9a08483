import { getOrInsert } from '../maps.ts'
import { columnBuilder } from '../model/column-builder.ts'
import { parseName } from '../model/column-name.ts'
import { memoryBatch } from '../model/memory-source.ts'
import type { ColumnData, ColumnName, ColumnSet, Intrinsic, SpanBatch } from '../model/scan.ts'
import { type Attribute, int64Max, int64Min, type Resource, type Value } from '../model/trace.ts'
import { isChildByLink, missingParent, noParent, parentRows } from '../model/tree.ts'
import { rootRows } from '../model/tree-columns.ts'
import { joinHalves } from './columns.ts'
import { RowParents } from './row-parents.ts'
import { idOf, spanAt } from './row-spans.ts'
import { rowTraces, type TraceGroups } from './row-traces.ts'
import { type SpanRows, spanField, spanWidth } from './rows.ts'
import { noRow } from './tree.ts'

const isExact = (number: number) => Math.abs(number) < 2 ** 53

type Halves = [Uint32Array, Uint32Array, Uint32Array, Uint32Array]

/**
 * Whole traces among rows as a batch. The fields that most questions ask for are read of the rows; of the others objects
 * are made.
 */
export class RowBatch implements SpanBatch {
  readonly spanCount: number
  readonly #rows: SpanRows
  readonly #groups: TraceGroups
  readonly #spans: Uint32Array
  readonly #starts: Uint32Array
  readonly #order: Uint32Array
  readonly #known = new Map<ColumnName, readonly ColumnData[]>()
  /** The same as objects. */
  #objects: SpanBatch | undefined
  #objectColumns: ColumnSet | undefined

  /** The groups of the traces, all in these rows. */
  constructor(rows: SpanRows, groups: TraceGroups) {
    const { starts, order } = groups
    this.#rows = rows
    this.#groups = groups
    this.#spans = rows.spans.array
    this.#starts = starts
    this.#order = order
    this.spanCount = order.length
  }

  async read(names: readonly ColumnName[]): Promise<ColumnSet> {
    const isOpen = (name: ColumnName) => !this.#known.has(name)
    const others = names.filter(name => isOpen(name) && !this.#isOfRows(name))
    if (others.length > 0) this.#objectColumns = await this.#asObjects().read(others)
    for (const name of names.filter(isOpen))
      this.#known.set(name, this.#isOfRows(name) ? this.#column(name) : this.#objectColumns!.get(name))
    return this.#columns()
  }

  release(): void {
    this.#known.clear()
    this.#objects?.release()
  }

  #columns(): ColumnSet {
    const objects = this.#objectColumns
    return {
      get: name => {
        const column = this.#known.get(name)
        if (column === undefined) throw new Error(`column ${name} was not read`)
        return column
      },
      traceStarts: this.#starts,
      get eventSpans() {
        return objects!.eventSpans
      },
      get linkSpans() {
        return objects!.linkSpans
      },
    }
  }

  #asObjects(): SpanBatch {
    this.#objects ??= memoryBatch(Array.from(rowTraces(this.#rows, this.#groups), trace => trace.object()))
    return this.#objects
  }

  #isOfRows(name: ColumnName): boolean {
    return name.startsWith('span.') || name.startsWith('resource.') || name in this.#intrinsics
  }

  #column(name: ColumnName): readonly ColumnData[] {
    const named = parseName(name)
    if (named.intrinsic) return this.#intrinsics[named.intrinsic]!()
    return named.scope === 'span' ? this.#ofSpans(named.key) : this.#ofResources(named.key)
  }

  readonly #intrinsics: Readonly<Partial<Record<Intrinsic, () => readonly ColumnData[]>>> = {
    'trace:id': () => {
      const dictionary = this.#groups.traces.map(trace => this.#rows.traceIds.hexOf(trace))
      return [{ type: 'string', values: { codes: Uint32Array.from(dictionary, (_, i) => i), dictionary } }]
    },
    'trace:root': () => ints(rootRows(this.#starts, this.#parents(), this.#childrenByLink())),
    'span:id': () => this.#ids('idHigh', 'idLow', lengths => lengths & 15),
    'span:parentID': () => this.#ids('parentHigh', 'parentLow', lengths => lengths >> 4),
    'span:traceState': () => coded(this.#codes(spanField.traceState), code => this.#rows.tables.texts.values[code]!),
    'span:statusMessage': () =>
      coded(this.#codes(spanField.status), code => this.#rows.tables.statuses.values[code]?.message ?? ''),
    'instrumentation:name': () =>
      coded(this.#codes(spanField.scope), code => this.#rows.tables.scopes.values[code]?.name ?? ''),
    'instrumentation:version': () =>
      coded(this.#codes(spanField.scope), code => this.#rows.tables.scopes.values[code]?.version ?? ''),
    'span:name': () => coded(this.#codes(spanField.name), code => this.#rows.tables.texts.values[code]!),
    'span:kind': () => ints(Float64Array.from(this.#codes(spanField.kind), kind => kind | 0)),
    'span:status': () => {
      const { values } = this.#rows.tables.statuses
      return ints(Float64Array.from(this.#codes(spanField.status), code => values[code]?.code ?? 0))
    },
    'span:start': () => this.#times(),
    'span:duration': () => this.#durations(),
    'span:parent': () => ints(this.#parents()),
  }

  /** By span of the batch a field of its row. */
  #codes(field: number): Uint32Array {
    const spans = this.#spans
    const order = this.#order
    const codes = new Uint32Array(order.length)
    for (let i = 0; i < codes.length; i++) codes[i] = spans[order[i]! * spanWidth + field]!
    return codes
  }

  /** Ids in two halves, whose length in bytes is part of a field. */
  #ids(high: 'idHigh' | 'parentHigh', low: 'idLow' | 'parentLow', lengthIn: (lengths: number) => number): ColumnData[] {
    const [highs, lows, lengths] = [high, low, 'idLengths' as const].map(field => this.#codes(spanField[field]))
    const rows = Uint32Array.from(highs!.keys())
    return coded(rows, row => idOf(highs![row]!, lows![row]!, lengthIn(lengths![row]!)))
  }

  /** The rows of spans that are children by a link. */
  #childrenByLink(): Set<number> {
    const children = new Set<number>()
    const counts = this.#codes(spanField.linkCount)
    const traces = this.#codes(spanField.trace)
    for (let i = 0; i < counts.length; i++) {
      if (counts[i] === 0) continue
      const span = spanAt(this.#rows, this.#order[i]!)
      if (isChildByLink(this.#rows.traceIds.hexOf(traces[i]!), span)) children.add(i)
    }
    return children
  }

  #times(): ColumnData[] {
    const [highs, lows] = [this.#codes(spanField.startHigh), this.#codes(spanField.startLow)]
    const [baseHigh, baseLow] = [highs[0]!, lows[0]!]
    const numbers = Float64Array.from(highs, (high, i) => (high - baseHigh) * 2 ** 32 + (lows[i]! - baseLow))
    if (numbers.every(isExact)) return [{ type: 'int', values: { base: joinHalves(baseHigh, baseLow), numbers } }]
    return [{ type: 'int', values: { bigints: BigUint64Array.from(highs, (high, i) => joinHalves(high, lows[i]!)) } }]
  }

  #durations(): ColumnData[] {
    const fields = ['startHigh', 'startLow', 'endHigh', 'endLow'] as const
    const [startHighs, startLows, endHighs, endLows] = fields.map(field => this.#codes(spanField[field])) as Halves
    const numbers = Float64Array.from(
      startHighs,
      (high, i) => (endHighs[i]! - high) * 2 ** 32 + (endLows[i]! - startLows[i]!),
    )
    if (numbers.every(isExact)) return ints(numbers)
    const nanosOf = (high: number, i: number) => joinHalves(endHighs[i]!, endLows[i]!) - joinHalves(high, startLows[i]!)
    const bigints = Array.from(startHighs, nanosOf).map(nanos =>
      nanos > int64Max ? int64Max : nanos < int64Min ? int64Min : nanos,
    )
    return [{ type: 'int', values: { bigints: BigInt64Array.from(bigints) } }]
  }

  #parents(): Float64Array {
    const parents = new Float64Array(this.spanCount)
    const finder = new RowParents()
    for (let trace = 0; trace + 1 < this.#starts.length; trace++) {
      const first = this.#starts[trace]!
      const order = this.#order.subarray(first, this.#starts[trace + 1])
      const found = finder.find(this.#spans, order)
        ? parentRows(Array.from(order, row => spanAt(this.#rows, row)))
        : this.#unique(finder.rows, order)
      for (let i = 0; i < order.length; i++) parents[first + i] = found[i]! < 0 ? found[i]! : first + found[i]!
    }
    return parents
  }

  /** Where no id repeats: one of 8 zero bytes is none, and no span is its own parent. */
  #unique(found: Int32Array, order: Uint32Array): Int32Array {
    for (let i = 0; i < order.length; i++)
      if (found[i] === noRow.none) found[i] = noParent
      else if (found[i] === noRow.outside)
        found[i] = this.#namesNothing(order[i]! * spanWidth) ? noParent : missingParent
      else if (found[i] === i) found[i] = missingParent
    return found
  }

  #namesNothing(at: number): boolean {
    const spans = this.#spans
    const isZero = spans[at + spanField.parentHigh] === 0 && spans[at + spanField.parentLow] === 0
    return isZero && spans[at + spanField.idLengths]! >> 4 === 8
  }

  #ofSpans(key: string): ColumnData[] {
    const spans = this.#spans
    const codes = this.#rows.attributes.array
    const { values } = this.#rows.tables.attributes
    return gather(
      values,
      add => {
        for (let i = 0; i < this.#order.length; i++) {
          const at = this.#order[i]! * spanWidth
          const first = spans[at + spanField.attributes]!
          const end = first + spans[at + spanField.attributeCount]!
          for (let j = first; j < end; j++) if (values[codes[j]!]!.key === key) add(i, codes[j]!)
        }
      },
      this.spanCount,
    )
  }

  #ofResources(key: string): ColumnData[] {
    const { values } = this.#rows.tables.resources
    const lists = values.map(resource => attributesNamed(resource, key))
    const flat = lists.flat()
    const firsts: number[] = []
    for (const list of lists) firsts.push((firsts.at(-1) ?? 0) + list.length)
    const codes = this.#codes(spanField.resource)
    return gather(
      flat,
      add => {
        for (let i = 0; i < codes.length; i++) {
          const end = firsts[codes[i]!]!
          for (let j = end - lists[codes[i]!]!.length; j < end; j++) add(i, j)
        }
      },
      this.spanCount,
    )
  }
}

function attributesNamed(resource: Resource | null, key: string): readonly Attribute[] {
  return resource?.attributes.filter(attribute => attribute.key === key) ?? []
}

/** The values of attributes at rows, which `each` adds in order. */
function gather(
  attributes: readonly Attribute[],
  each: (add: (row: number, code: number) => void) => void,
  rowCount: number,
): ColumnData[] {
  const rows: number[] = []
  const codes: number[] = []
  each((row, code) => {
    rows.push(row)
    codes.push(code)
  })
  const textOf = (code: number) => attributes[code]!.value
  if (rows.length > 0 && codes.every(code => typeof attributes[code]!.value === 'string')) {
    const isWhole = rows.length === rowCount && rows.every((row, i) => row === i)
    return coded(Uint32Array.from(codes), textOf, isWhole ? undefined : Uint32Array.from(rows))
  }
  const builder = columnBuilder()
  for (const [i, row] of rows.entries()) builder.add(row, attributes[codes[i]!]!.value)
  return builder.finish(rowCount)
}

/** Texts by code, which become codes of a dictionary without what does not occur, each text once. */
function coded(codes: Uint32Array, textOf: (code: number) => Value, rows?: Uint32Array): ColumnData[] {
  const known = new Map<number, number>()
  const byText = new Map<Value, number>()
  const dictionary: Value[] = []
  const codeOf = (code: number) => getOrInsert(byText, textOf(code), text => dictionary.push(text) - 1)
  for (let i = 0; i < codes.length; i++) codes[i] = getOrInsert(known, codes[i]!, codeOf)
  return [{ type: 'string', rows, values: { codes, dictionary } }]
}

function ints(numbers: Float64Array): ColumnData[] {
  return [{ type: 'int', values: { base: 0n, numbers } }]
}
