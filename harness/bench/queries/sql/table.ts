import { LabError } from '../../../../lib/error.ts'
import type { AttributeType } from '../../../../lib/formats/flat/schema.ts'
import type { Field } from '../../../../lib/traceql/language/ast.ts'
import { isDerived } from '../../../../lib/traceql/language/fields.ts'

/** What a translation must know of a file, as a catalog would: which attributes are columns, and what occurs at all. */
export interface SpanTable {
  /** The columns of attributes by name, `span.KEY` and `resource.KEY`. */
  readonly columns: ReadonlyMap<string, AttributeType>
  /** Attributes, called alike, of which some values are in a map, or in JSON. */
  readonly inMaps: ReadonlySet<string>
  readonly inJson: ReadonlySet<string>
  /** Whether each parent id names at most one span of its trace, and no span is a child by a link. */
  readonly isPlainTree: boolean
  /** Whether no trace has several roots, of which the last one counts: the file does not keep that order. */
  readonly hasClearRoots: boolean
  readonly spanCount: number
}

/** The answer to a statement: its rows, as lists of values that JSON has. */
export type AskSql = (statement: string) => Promise<readonly (readonly unknown[])[]>

const types: Readonly<Record<string, AttributeType>> = {
  VARCHAR: 'string',
  BIGINT: 'int',
  DOUBLE: 'double',
  BOOLEAN: 'bool',
}

/** What is known of the table `spans`. */
export async function describeTable(ask: AskSql): Promise<SpanTable> {
  const columns = new Map<string, AttributeType>()
  for (const [name, type] of await ask('SELECT column_name, column_type FROM (DESCRIBE spans)'))
    if (/^(span|resource)\./.test(String(name))) columns.set(String(name), types[String(type)]!)
  const [inMaps, inJson] = [new Set<string>(), new Set<string>()]
  for (const owner of ['span', 'resource']) {
    const inMap = `SELECT DISTINCT unnest(map_keys(${owner}_attributes)) FROM spans`
    const listed = `SELECT DISTINCT unnest(json_extract_string(${owner}_attributes_json, '$[*].key')) FROM spans`
    for (const [key] of await ask(inMap)) inMaps.add(`${owner}.${key}`)
    for (const [key] of await ask(listed)) inJson.add(`${owner}.${key}`)
  }
  const [counts] = await ask('SELECT count(*)::DOUBLE, count(DISTINCT (trace_id, span_id))::DOUBLE FROM spans')
  const [spanCount, idCount] = counts as [number, number]
  const [linked] = await ask(
    `SELECT count(*)::DOUBLE FROM (SELECT unnest(links) AS link FROM spans) WHERE link.attributes['opentracing.ref_type'] = 'child_of'`,
  )
  const [rooted] = await ask(
    'SELECT count(*)::DOUBLE, count(DISTINCT trace_id)::DOUBLE FROM spans WHERE parent_id IS NULL',
  )
  const hasLinks = linked![0] !== 0
  return {
    columns,
    inMaps,
    inJson,
    isPlainTree: spanCount === idCount && !hasLinks,
    hasClearRoots: rooted![0] === rooted![1] && !hasLinks,
    spanCount,
  }
}

/** What stands before a statement on these fields: those of traces are joined to the rows of `spans`. */
export function prefix(fields: readonly Field[], ...others: readonly string[]): string {
  const parts = [...(fields.some(isDerived) ? [`spans AS (${withTraces})`] : []), ...others]
  return parts.length === 0 ? '' : `WITH ${parts.join(', ')} `
}

const withTraces = `SELECT * FROM spans JOIN (SELECT trace_id, max(start + duration) - min(start) AS trace_length,
 coalesce(arg_max(name, start) FILTER (parent_id IS NULL), '') AS trace_root_name,
 coalesce(arg_max(coalesce(service_name, ''), start) FILTER (parent_id IS NULL), '') AS trace_root_service
 FROM spans GROUP BY trace_id) USING (trace_id)`

/** Refuses to name a root where the file does not tell which one it is. */
export function checkRoots({ hasClearRoots }: SpanTable): void {
  if (!hasClearRoots) refuse('the root of a trace that has several, or links to a parent,')
}

/** Refuses what cannot be said in SQL as exactly as it is meant. */
export function refuse(what: string): never {
  throw new LabError('unsupported', `SQL: ${what} is not translated`)
}

/** A text as SQL writes it. */
export function quote(text: string): string {
  if (text.includes('\0')) refuse('a text with a zero byte')
  return `'${text.replaceAll("'", "''")}'`
}

/** A name as SQL writes it. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}
