import { LabError } from '../../error.ts'
import type { Limits } from '../../model/limits.ts'
import type { AttributeName, AttributeScope, ColumnName, SpanBatch, SpanSource } from '../../model/scan.ts'
import type { Value } from '../../model/trace.ts'
import { formatDuration } from '../engine/answer-value.ts'
import { type PipelinePlan, planPipeline } from '../engine/plan.ts'
import { type BatchWork, scanResults } from '../engine/scan.ts'
import { runPipeline } from '../engine/spansets.ts'
import { parseQuery } from '../engine/validate.ts'
import { Pool } from '../engine/vector.ts'
import { type Part, View } from '../engine/view.ts'
import type { Field, Pipeline, Query } from '../language/ast.ts'
import { columnsOfField, type Flavour, flavourOf, kindNames, statusNames } from '../language/fields.ts'
import { unscopedIntrinsics } from '../language/parser-statics.ts'
import { printPipeline } from '../language/print.ts'

export type TagScope = AttributeScope | 'intrinsic'

/** The names of a scope, sorted. */
export interface TagNames {
  readonly name: TagScope
  readonly tags: readonly string[]
}

/** A value as Tempo answers: its type, and its text. */
export interface TagValue {
  readonly type: 'string' | 'int' | 'float' | 'bool' | 'duration' | 'keyword'
  readonly value: string
}

const attributeScopes: readonly AttributeScope[] = ['resource', 'span', 'event', 'link', 'instrumentation']

/** Finds all, and is printed as nothing. */
const allSpans: Pipeline = { kind: 'pipeline', stages: [], start: 0, end: 0 }

/** With a filter, a search, only what occurs in spans that it finds. */
export interface TagOptions extends Limits {
  readonly filter?: Query | undefined
}

/** The names of what can be queried, by scope; of one scope only where it is given. */
export async function tagNames(
  source: SpanSource,
  { scope, filter, ...limits }: TagOptions & { readonly scope?: TagScope | undefined } = {},
): Promise<TagNames[]> {
  const isWanted = (name: TagScope): boolean => scope === undefined || scope === name
  const names = (await source.attributeNames()).filter(name => isWanted(name.scope))
  const pipeline = filterPipeline(filter)
  const found = pipeline === undefined ? names : await namesInSpans(source, names, pipeline, limits)
  const scopes: TagNames[] = attributeScopes.map(name => ({ name, tags: keysOf(found, name) }))
  if (isWanted('intrinsic')) scopes.push({ name: 'intrinsic', tags: [...unscopedIntrinsics.keys()].sort() })
  return scopes.filter(({ tags }) => tags.length > 0)
}

function keysOf(names: readonly AttributeName[], scope: AttributeScope): string[] {
  return [...new Set(names.filter(name => name.scope === scope).map(({ key }) => key))].sort()
}

/** The pipeline of a filter; undefined where it lets everything through. */
function filterPipeline(filter: Query | undefined): Pipeline | undefined {
  if (filter === undefined) return undefined
  if (filter.kind !== 'search') throw new LabError('invalid', 'TraceQL: a filter must be a search')
  return filter.pipeline
}

/** A question about the names or values of a part of a source, as data. */
interface ApartTags {
  /** A search. */
  readonly query: string
}

/** The names that occur in spans that a pipeline finds. */
export interface ApartNames extends ApartTags {
  readonly names: readonly AttributeName[]
}

async function namesInSpans(
  source: SpanSource,
  names: readonly AttributeName[],
  pipeline: Pipeline,
  limits: Limits,
): Promise<AttributeName[]> {
  const plan = planPipeline(pipeline, {})
  const found: AttributeName[] = []
  let missing = names
  const asked: ApartNames = { query: printPipeline(pipeline), names }
  const work: BatchWork<readonly AttributeName[]> = {
    isLimited: true,
    apart: { work: { name: 'names', content: asked }, received: result => result as readonly AttributeName[] },
    here: batch => namesInBatch(batch, plan, missing),
  }
  for await (const present of scanResults(source, plan.request, limits, work)) {
    const keys = new Set(present.map(columnOf))
    found.push(...missing.filter(name => keys.has(columnOf(name))))
    missing = missing.filter(name => !keys.has(columnOf(name)))
    if (missing.length === 0) break
  }
  return found
}

/** Answers for a part of a source. */
export async function namesApart(source: SpanSource, { query, names }: ApartNames, limits: Limits) {
  return [await namesInSpans(source, names, pipelineOf(query), limits)]
}

function pipelineOf(text: string): Pipeline {
  return text === '' ? allSpans : filterPipeline(parseQuery(text))!
}

async function namesInBatch(
  batch: SpanBatch,
  plan: PipelinePlan,
  names: readonly AttributeName[],
): Promise<AttributeName[]> {
  const { mask } = runPipeline(plan.pipeline, new View(batch, await batch.read(plan.request.columns)), new Pool())
  if (!mask.includes(1)) return []
  const view = new View(batch, await batch.read([...new Set(names.map(columnOf))]))
  return names.filter(name => occurs(view, attributeField(name), mask))
}

function columnOf({ scope, key }: AttributeName): ColumnName {
  return `${scope}.${key}`
}

function attributeField({ scope, key }: AttributeName): Field {
  return { kind: 'attribute', scope, name: key, ofParent: false, start: 0, end: 0 }
}

function occurs(view: View, field: Field, mask: Uint8Array): boolean {
  const present = view.presence(field)
  return mask.some((isIn, row) => isIn === 1 && present[row] === 1)
}

/**
 * The distinct values of a field, sorted: of arrays their items. Without a filter they come from what the source knows,
 * where it does. At most `limit` are given.
 */
export async function tagValues(
  source: SpanSource,
  field: Field,
  { filter, limit = 1000, ...limits }: TagOptions & { readonly limit?: number } = {},
): Promise<TagValue[]> {
  const pipeline = filterPipeline(filter)
  const known = pipeline === undefined ? await knownValues(source, field) : undefined
  const values = new TagValues(flavourOf(field), limit)
  if (known !== undefined) for (const value of known) values.add(value)
  else await scanValues(source, field, pipeline ?? allSpans, values, limits)
  return values.sorted()
}

async function knownValues(source: SpanSource, field: Field): Promise<Value[] | undefined> {
  const columns = columnsOfField(field)
  if (source.distinctValues === undefined || (field.kind === 'intrinsic' && columns[0] !== field.name)) return undefined
  const values: Value[] = []
  for (const column of columns) {
    const known = await source.distinctValues(column)
    if (known === undefined) return undefined
    for (const value of known) values.push(value)
  }
  return values
}

/** Distinct values by type and text. */
class TagValues {
  readonly #flavour: Flavour
  readonly limit: number
  readonly #values = new Map<string, TagValue>()

  constructor(flavour: Flavour, limit: number) {
    this.#flavour = flavour
    this.limit = limit
  }

  get isFull(): boolean {
    return this.#values.size >= this.limit
  }

  add(value: Value): void {
    if (Array.isArray(value)) for (const item of value) this.add(item)
    else {
      const tag = tagValue(value, this.#flavour)
      if (tag !== undefined) this.addTag(tag)
    }
  }

  addTag(tag: TagValue): void {
    if (!this.isFull) this.#values.set(`${tag.type}:${tag.value}`, tag)
  }

  /** As they came. */
  list(): TagValue[] {
    return [...this.#values.values()]
  }

  sorted(): TagValue[] {
    return [...this.#values].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, value]) => value)
  }
}

function tagValue(value: Value, flavour: Flavour): TagValue | undefined {
  switch (typeof value) {
    case 'string':
      return { type: 'string', value }
    case 'boolean':
      return { type: 'bool', value: String(value) }
    case 'number':
      return { type: 'float', value: String(value) }
    case 'bigint':
      if (flavour === 'status') return { type: 'keyword', value: statusNames[Number(value)] ?? String(value) }
      if (flavour === 'kind') return { type: 'keyword', value: kindNames[Number(value)] ?? String(value) }
      if (flavour === 'duration') return { type: 'duration', value: formatDuration(Number(value)) }
      return { type: 'int', value: String(value) }
    default:
      return undefined
  }
}

/** The values of a field in spans that a pipeline finds. */
export interface ApartValues extends ApartTags {
  readonly field: Field
  readonly limit: number
}

async function scanValues(
  source: SpanSource,
  field: Field,
  pipeline: Pipeline,
  values: TagValues,
  limits: Limits,
): Promise<void> {
  const plan = planPipeline(pipeline, {}, columnsOfField(field))
  const { limit } = values
  const asked: ApartValues = { query: printPipeline(pipeline), field, limit }
  const work: BatchWork<readonly TagValue[]> = {
    isLimited: true,
    apart: { work: { name: 'values', content: asked }, received: result => result as readonly TagValue[] },
    here: batch => valuesInBatch(batch, plan, field, limit),
  }
  for await (const tags of scanResults(source, plan.request, limits, work)) {
    for (const tag of tags) values.addTag(tag)
    if (values.isFull) return
  }
}

/** Answers for a part of a source: the first values, as they come. */
export async function valuesApart(source: SpanSource, { query, field, limit }: ApartValues, limits: Limits) {
  const values = new TagValues(flavourOf(field), limit)
  await scanValues(source, field, pipelineOf(query), values, limits)
  return [values.list()]
}

async function valuesInBatch(batch: SpanBatch, plan: PipelinePlan, field: Field, limit: number): Promise<TagValue[]> {
  const view = new View(batch, await batch.read(plan.request.columns))
  const { mask } = runPipeline(plan.pipeline, view, new Pool())
  const values = new TagValues(flavourOf(field), limit)
  for (const part of view.parts({ ...field })) addPart(view, part, mask, values)
  return values.list()
}

/** Values of the resource count beside those of the span, unlike in conditions: they can be found by this name. */
function addPart(view: View, { data, owner }: Part, mask: Uint8Array, values: TagValues): void {
  const isIn = inMask(view, owner, mask)
  const { rows } = data
  const stored = data.values
  if ('codes' in stored) {
    const seen = new Uint8Array(stored.dictionary.length)
    stored.codes.forEach((code, i) => {
      if (isIn(rows === undefined ? i : rows[i]!)) seen[code] = 1
    })
    stored.dictionary.forEach((value, code) => {
      if (seen[code] === 1) values.add(value)
    })
    return
  }
  const count = 'numbers' in stored ? stored.numbers.length : stored.bigints.length
  for (let i = 0; i < count && !values.isFull; i++) {
    if (!isIn(rows === undefined ? i : rows[i]!)) continue
    if ('bigints' in stored) values.add(stored.bigints[i]!)
    else values.add(data.type === 'double' ? stored.numbers[i]! : stored.base + BigInt(stored.numbers[i]!))
  }
}

/** Whether a row of the owner belongs to a span of the mask. */
function inMask(view: View, owner: Part['owner'], mask: Uint8Array): (row: number) => boolean {
  switch (owner) {
    case 'span':
      return row => mask[row] === 1
    case 'trace':
      return row => mask.subarray(view.traceStarts[row]!, view.traceStarts[row + 1]!).includes(1)
    default: {
      const spans = owner === 'event' ? view.columns.eventSpans : view.columns.linkSpans
      return row => mask[spans[row]!] === 1
    }
  }
}
