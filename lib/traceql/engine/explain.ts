import type { Condition, Cost, ScanRequest, SpanNeed, SpanSource } from '../../model/scan.ts'
import { type Value, valueType } from '../../model/trace.ts'
import type { Stage } from '../language/ast.ts'
import { printStage } from '../language/print.ts'

/** How a query was answered: what was asked of the source, what it gave, and what each stage left. */
export interface Explain {
  /** What a trace must have, as text: all of these. */
  readonly needs: readonly string[]
  /** The most that it could have taken. */
  readonly cost: Cost
  readonly firstColumns: readonly string[]
  readonly laterColumns: readonly string[]
  /** What the source gave. */
  readonly batchCount: number
  readonly spanCount: number
  /** Of searches; metrics do not ask for it. */
  readonly traceCount?: number
  /** Spans left after each stage. */
  readonly stages: readonly { readonly stage: string; readonly spanCount: number }[]
}

/** Collects an explanation while a query runs. */
export class Explainer {
  readonly #request: ScanRequest
  readonly #cost: Cost
  readonly #laterColumns: readonly string[]
  readonly #stages = new Map<Stage, number>()
  #batchCount = 0
  #traceCount: number | undefined
  #spanCount = 0

  constructor(source: SpanSource, request: ScanRequest, laterColumns: readonly string[] = []) {
    this.#request = request
    this.#cost = source.cost(request)
    this.#laterColumns = laterColumns
  }

  addBatch(spanCount: number): void {
    this.#batchCount++
    this.#spanCount += spanCount
  }

  addTraces(traceCount: number): void {
    this.#traceCount = (this.#traceCount ?? 0) + traceCount
  }

  addStage(stage: Stage, spanCount: number): void {
    this.#stages.set(stage, (this.#stages.get(stage) ?? 0) + spanCount)
  }

  finish(): Explain {
    return {
      needs: this.#request.needs.map(printNeed),
      cost: this.#cost,
      firstColumns: this.#request.columns,
      laterColumns: this.#laterColumns,
      batchCount: this.#batchCount,
      spanCount: this.#spanCount,
      ...(this.#traceCount === undefined ? {} : { traceCount: this.#traceCount }),
      stages: [...this.#stages].map(([stage, spanCount]) => ({ stage: printStage(stage), spanCount })),
    }
  }
}

/** `span.a = 1 && span:name exists || …` */
function printNeed(need: SpanNeed): string {
  if (need.length === 0) return 'nothing'
  return need.map(conditions => conditions.map(printCondition).join(' && ')).join(' || ')
}

function printCondition({ column, relation, operands, test }: Condition): string {
  if (relation !== 'exists') return `${column} ${relation} ${printOperands(operands).join(' or ')}`
  if (test === undefined) return `${column} exists`
  const tested = printOperands(test.operands)
  return test.isNegated
    ? `${column} ${test.relation === '=~' ? '!~' : '!='} ${tested.join(' and ')}`
    : `${column} ${test.relation} ${tested.join(' or ')}`
}

function printOperands(operands: readonly Value[]): string[] {
  return operands.map(operand => (valueType(operand) === 'string' ? JSON.stringify(operand) : String(operand)))
}
