import { aggregateOf } from '../../../../lib/traceql/engine/plan.ts'
import type {
  Pipeline,
  ScalarFilter,
  SpansetOperand,
  SpansetOperation,
  Static,
} from '../../../../lib/traceql/language/ast.ts'
import { printExpression } from '../../../../lib/traceql/language/print-expression.ts'
import { conditionOf } from './condition.ts'
import { fieldValue, type SqlType } from './fields.ts'
import { refuse, type SpanTable } from './table.ts'

/** What a pipeline leaves: rows of `spans`, and of these the traces of which the aggregates meet their comparisons. */
export interface Spansets {
  readonly rows: string
  readonly aggregates: readonly SqlAggregate[]
}

/** An aggregate over the rows of a trace, the comparison that it must meet, and what it is called in an answer. */
export interface SqlAggregate {
  readonly sql: string
  readonly test: string
  readonly type: SqlType
  readonly key: string
}

/** The rows and traces of a pipeline as conditions. */
export function spansetsOf({ stages }: Pipeline, table: SpanTable): Spansets {
  const conditions: string[] = []
  const aggregates: SqlAggregate[] = []
  for (const stage of stages) {
    if (stage.kind === 'scalar-filter') aggregates.push(aggregateTest(stage, table))
    else if (stage.kind === 'by' || stage.kind === 'coalesce') refuse(`the stage ${stage.kind}`)
    else if (stage.kind !== 'select') {
      if (aggregates.length > 0) refuse('a spanset behind an aggregate')
      if (conditions.length > 0 && stage.kind !== 'filter') refuse('a spanset operation behind another spanset')
      conditions.push(rowsOf(stage, table))
    }
  }
  return { rows: conditions.join(' AND '), aggregates }
}

/** The rows of a pipeline as one condition. */
export function pipelineRows(pipeline: Pipeline, table: SpanTable): string {
  const { rows, aggregates } = spansetsOf(pipeline, table)
  if (aggregates.length === 0) return rows
  const having = aggregates.map(({ test }) => test).join(' AND ')
  return `(${rows} AND trace_id IN (SELECT trace_id FROM spans WHERE ${rows} GROUP BY trace_id HAVING ${having}))`
}

function rowsOf(node: SpansetOperand, table: SpanTable): string {
  if (node.kind === 'filter') return conditionOf(node.condition, table)
  if (node.kind === 'pipeline') return pipelineRows(node, table)
  const [left, right] = [rowsOf(node.left, table), rowsOf(node.right, table)]
  if (node.operator === '||') return `(${left} OR ${right})`
  if (node.operator === '&&') return `((${left} OR ${right}) AND ${inTraces(left)} AND ${inTraces(right)})`
  if (!table.isPlainTree) refuse(`${node.operator} between spans that share an id, or with links to a parent,`)
  return related(node.operator, left, right)
}

function inTraces(rows: string): string {
  return `trace_id IN (SELECT trace_id FROM spans WHERE ${rows})`
}

/** Rows of the right side so related to the left one; with `!` all others, with `&` those of both sides. */
function related(operator: SpansetOperation['operator'], left: string, right: string): string {
  const relationship = operator.replace(/^[!&]/, '') as keyof typeof relations
  const found = (from: string, to: string, relation: keyof typeof relations) =>
    `(${to} AND file_row_number IN (${relations[relation](from)}))`
  const one = found(left, right, relationship)
  if (operator.startsWith('!')) return `(${right} AND NOT coalesce(${one}, false))`
  if (operator.startsWith('&')) return `(${one} OR ${found(right, left, mirrored[relationship])})`
  return one
}

const mirrored = { '>': '<', '>>': '<<', '<': '>', '<<': '>>', '~': '~' } as const

const isChild =
  'child.trace_id = parent.trace_id AND child.parent_id = parent.span_id AND child.span_id <> parent.span_id'

/** The rows of all spans that are so related to those of a condition. */
const relations = {
  '>': (of: string) =>
    `SELECT child.file_row_number FROM (SELECT * FROM spans WHERE ${of}) AS parent JOIN spans AS child ON ${isChild}`,
  '<': (of: string) =>
    `SELECT parent.file_row_number FROM (SELECT * FROM spans WHERE ${of}) AS child JOIN spans AS parent ON ${isChild}`,
  '>>': (of: string) =>
    reaching(`${relations['>'](of).replace('child.file_row_number', treeColumns('child'))}`, 'child', 'parent'),
  '<<': (of: string) =>
    reaching(`${relations['<'](of).replace('parent.file_row_number', treeColumns('parent'))}`, 'parent', 'child'),
  '~': (of: string) =>
    `SELECT sibling.file_row_number FROM (SELECT * FROM spans WHERE ${of}) AS child` +
    ` JOIN spans AS parent ON ${isChild}` +
    ` JOIN spans AS sibling ON sibling.trace_id = parent.trace_id AND sibling.parent_id = parent.span_id` +
    ` AND sibling.span_id NOT IN (parent.span_id, child.span_id)`,
}

function treeColumns(of: string): string {
  return ['file_row_number', 'trace_id', 'span_id', 'parent_id'].map(column => `${of}.${column}`).join()
}

/** The rows that steps from one span to the next reach. */
function reaching(first: string, next: string, last: string): string {
  return (
    `WITH RECURSIVE reached AS (${first} UNION SELECT ${treeColumns(next)} FROM reached AS ${last}` +
    ` JOIN spans AS ${next} ON ${isChild}) SELECT file_row_number FROM reached`
  )
}

const functions = { count: 'count', min: 'min', max: 'max', avg: 'avg', sum: 'sum' } as const

function aggregateTest(stage: ScalarFilter, table: SpanTable): SqlAggregate {
  const aggregate = aggregateOf(stage)
  if (aggregate === undefined) return refuse('a comparison other than of one aggregate with one number')
  const constant = (stage.left === aggregate ? stage.right : stage.left) as Static
  const { name, argument } = aggregate
  if (argument !== undefined && argument.kind !== 'attribute' && argument.kind !== 'intrinsic')
    return refuse(printExpression(argument))
  const value = argument === undefined ? undefined : fieldValue(argument, table)
  if (value !== undefined && !['int', 'double', 'duration'].includes(value.type)) refuse(`${name} of texts`)
  const sql = value === undefined ? 'count(*)' : `${functions[name]}(${value.sql})`
  const test =
    stage.left === aggregate
      ? `${sql} ${operatorOf(stage)} ${constant.value}`
      : `${constant.value} ${operatorOf(stage)} ${sql}`
  const type = value === undefined ? 'int' : name === 'avg' && value.type === 'int' ? 'double' : value.type
  return { sql, test, type, key: `${name}(${argument === undefined ? '' : printExpression(argument)})` }
}

function operatorOf({ operator }: ScalarFilter): string {
  return operator === '!=' ? '<>' : operator
}
