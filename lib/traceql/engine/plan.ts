import type { ColumnName, ScanRequest } from '../../model/scan.ts'
import type {
  Aggregate,
  Field,
  Pipeline,
  ScalarExpression,
  ScalarFilter,
  SpansetOperand,
  Stage,
} from '../language/ast.ts'
import { columnsOfField, fieldsOf } from '../language/fields.ts'
import { fold } from './fold.ts'
import { needsOfPipeline } from './needs.ts'

/** What a pipeline asks of a source, and what it needs to run. */
export interface PipelinePlan {
  /** With everything on constants computed. */
  readonly pipeline: Pipeline
  readonly request: ScanRequest
  /** Whether a stage looks at spans together, and so needs to know which are of one trace. */
  readonly joinsSpans: boolean
  /** Fields whose values an answer shows: those of conditions and groups, and those selected. */
  readonly shown: readonly Field[]
}

/** When spans start, in ns since the epoch: `[startNanos, endNanos)`. */
export interface TimeRange {
  readonly startNanos?: bigint | undefined
  readonly endNanos?: bigint | undefined
}

/** Plans a pipeline; `others` are columns that the caller reads first as well. */
export function planPipeline(text: Pipeline, range: TimeRange, others: readonly ColumnName[] = []): PipelinePlan {
  const pipeline = foldPipeline(text)
  const columns = new Set<ColumnName>(others)
  for (const stage of pipeline.stages) addStageColumns(stage, columns)
  const shown = new Map<string, Field>()
  for (const stage of pipeline.stages) for (const field of shownFields(stage)) shown.set(fieldKey(field), field)
  return {
    pipeline,
    request: { needs: needsOfPipeline(pipeline), ...range, columns: [...columns] },
    joinsSpans: pipeline.stages.some(({ kind }) => ['spanset-operation', 'scalar-filter', 'by'].includes(kind)),
    shown: [...shown.values()],
  }
}

export function fieldKey(field: Field): string {
  return field.kind === 'intrinsic' ? field.name : `${field.scope}.${field.name}`
}

function foldPipeline(pipeline: Pipeline): Pipeline {
  return { ...pipeline, stages: pipeline.stages.map(foldStage) }
}

function foldStage(stage: Stage): Stage {
  switch (stage.kind) {
    case 'filter':
    case 'spanset-operation':
      return foldOperand(stage)
    case 'by':
      return { ...stage, expression: fold(stage.expression) }
    case 'scalar-filter':
      return { ...stage, left: foldScalar(stage.left), right: foldScalar(stage.right) }
    default:
      return stage
  }
}

function foldOperand<Node extends SpansetOperand>(node: Node): Node {
  if (node.kind === 'filter') return { ...node, condition: fold(node.condition) }
  if (node.kind === 'pipeline') return { ...node, stages: node.stages.map(foldStage) }
  return { ...node, left: foldOperand(node.left), right: foldOperand(node.right) }
}

function foldScalar(node: ScalarExpression): ScalarExpression {
  return node.kind === 'aggregate' && node.argument !== undefined ? { ...node, argument: fold(node.argument) } : node
}

function addStageColumns(stage: Stage, columns: Set<ColumnName>): void {
  switch (stage.kind) {
    case 'filter':
    case 'spanset-operation':
      addOperandColumns(stage, columns)
      return
    case 'by':
      addFields(fieldsOf(stage.expression), columns)
      return
    case 'scalar-filter': {
      const { argument } = aggregateOf(stage) ?? {}
      if (argument !== undefined) addFields(fieldsOf(argument), columns)
    }
  }
}

function addOperandColumns(node: SpansetOperand, columns: Set<ColumnName>): void {
  if (node.kind === 'filter') addFields(fieldsOf(node.condition), columns)
  else if (node.kind === 'pipeline') for (const stage of node.stages) addStageColumns(stage, columns)
  else {
    if (node.operator !== '&&' && node.operator !== '||') columns.add('span:parent')
    addOperandColumns(node.left, columns)
    addOperandColumns(node.right, columns)
  }
}

function addFields(fields: readonly Field[], columns: Set<ColumnName>): void {
  for (const field of fields) for (const column of columnsOfField(field)) columns.add(column)
}

/** The aggregate of a comparison with a number, whichever side it is on; undefined for the unsupported forms. */
export function aggregateOf({ left, right }: ScalarFilter): Aggregate | undefined {
  if (left.kind === 'aggregate' && right.kind === 'static') return left
  return left.kind === 'static' && right.kind === 'aggregate' ? right : undefined
}

function shownFields(stage: Stage): readonly Field[] {
  switch (stage.kind) {
    case 'filter':
    case 'spanset-operation':
      return operandFields(stage)
    case 'by':
      return fieldsOf(stage.expression)
    case 'select':
      return stage.fields
    case 'scalar-filter': {
      const { argument } = aggregateOf(stage) ?? {}
      return argument === undefined ? [] : fieldsOf(argument)
    }
    default:
      return []
  }
}

function operandFields(node: SpansetOperand): readonly Field[] {
  if (node.kind === 'filter') return fieldsOf(node.condition)
  if (node.kind === 'pipeline') return node.stages.flatMap(shownFields)
  return [...operandFields(node.left), ...operandFields(node.right)]
}
