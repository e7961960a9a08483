import type { GroupBy, Pipeline, Relationship, SpansetOperand, SpansetOperation, Stage } from '../language/ast.ts'
import { scalarFilter } from './aggregate.ts'
import { holds, vectorOf } from './evaluate.ts'
import type { Spansets } from './spanset.ts'
import { hasRelative, type Relative } from './structure.ts'
import type { Cell, Pool } from './vector.ts'
import type { View } from './view.ts'

/** What is counted while a pipeline runs: spans left after each stage, in order. */
export type StageCounter = (stage: Stage, spanCount: number) => void

/** Runs all stages over a batch. */
export function runPipeline(pipeline: Pipeline, view: View, pool: Pool, count?: StageCounter): Spansets {
  let spansets: Spansets = { mask: new Uint8Array(view.spanCount).fill(1), groups: undefined, values: [] }
  for (const stage of pipeline.stages) {
    spansets = runStage(stage, spansets, view, pool)
    count?.(stage, countOnes(spansets.mask))
  }
  return spansets
}

export function countOnes(mask: Uint8Array): number {
  let count = 0
  for (let i = 0; i < mask.length; i++) count += mask[i]!
  return count
}

function runStage(stage: Stage, input: Spansets, view: View, pool: Pool): Spansets {
  switch (stage.kind) {
    case 'filter':
    case 'spanset-operation':
      return { ...input, mask: operandMask(stage, input, view, pool) }
    case 'by':
      return groupBy(stage, input, view, pool)
    case 'coalesce':
      return { mask: input.mask, groups: undefined, values: [] }
    case 'scalar-filter':
      return scalarFilter(stage, input, view, pool)
    case 'select':
      return input
  }
}

function operandMask(node: SpansetOperand, input: Spansets, view: View, pool: Pool): Uint8Array {
  if (node.kind === 'filter') {
    if (keepsAll(node)) return input.mask
    return intersect(holds(node.condition, view, pool), input.mask)
  }
  if (node.kind === 'pipeline') {
    let spansets = input
    for (const stage of node.stages) spansets = runStage(stage, spansets, view, pool)
    return spansets.mask
  }
  return operationMask(node, input, view, pool)
}

/** Whether a stage is sure to leave every span that it is given. */
export function keepsAll(stage: Stage): boolean {
  if (stage.kind !== 'filter') return false
  const { condition } = stage
  return condition.kind === 'static' && condition.type === 'bool' && condition.value
}

function intersect(a: Uint8Array, b: Uint8Array): Uint8Array {
  const result = new Uint8Array(a.length)
  for (let i = 0; i < a.length; i++) result[i] = a[i]! & b[i]!
  return result
}

function unite(a: Uint8Array, b: Uint8Array): Uint8Array {
  const result = new Uint8Array(a.length)
  for (let i = 0; i < a.length; i++) result[i] = a[i]! | b[i]!
  return result
}

function operationMask(node: SpansetOperation, input: Spansets, view: View, pool: Pool): Uint8Array {
  const left = operandMask(node.left, input, view, pool)
  const right = operandMask(node.right, input, view, pool)
  if (node.operator === '||') return unite(left, right)
  if (node.operator === '&&') return whereBoth(left, right, input, view)
  const isUnion = node.operator.startsWith('&')
  const isNegated = node.operator.startsWith('!')
  const relationship = node.operator.replace(/^[!&]/, '') as Relationship
  const related = hasRelative(relatives[relationship], view.parents(), left)
  if (isNegated) for (let i = 0; i < related.length; i++) related[i]! ^= 1
  const result = intersect(related, right)
  if (!isUnion) return result
  return unite(result, intersect(hasRelative(inverses[relationship], view.parents(), right), left))
}

/** What a right span must have on the left. */
const relatives: Readonly<Record<Relationship, Relative>> = {
  '>': 'parent',
  '>>': 'ancestor',
  '<': 'child',
  '<<': 'descendant',
  '~': 'sibling',
}

const inverses: Readonly<Record<Relationship, Relative>> = {
  '>': 'child',
  '>>': 'descendant',
  '<': 'parent',
  '<<': 'ancestor',
  '~': 'sibling',
}

/** The spans of both, of the spansets that have some of each. */
function whereBoth(left: Uint8Array, right: Uint8Array, input: Spansets, view: View): Uint8Array {
  const of = input.groups?.of ?? view.traceOf()
  const count = input.groups?.traces.length ?? view.traceCount
  const inLeft = new Uint8Array(count)
  const inRight = new Uint8Array(count)
  for (let row = 0; row < left.length; row++) {
    if (left[row] === 1) inLeft[of[row]!] = 1
    if (right[row] === 1) inRight[of[row]!] = 1
  }
  const result = unite(left, right)
  for (let row = 0; row < result.length; row++) result[row]! &= inLeft[of[row]!]! & inRight[of[row]!]!
  return result
}

/** Parts each spanset by value; what has none is a group of its own. */
function groupBy(stage: GroupBy, input: Spansets, view: View, pool: Pool): Spansets {
  const { tags, numbers } = vectorOf(stage.expression, view, pool)
  const before = input.groups?.of ?? view.traceOf()
  const of = new Uint32Array(view.spanCount)
  const traces: number[] = []
  const origins: number[] = []
  const cells: Cell[] = []
  const known = new Map<number, Map<number, number>>()
  const traceOf = view.traceOf()
  for (let row = 0; row < view.spanCount; row++) {
    if (input.mask[row] === 0) continue
    const key = before[row]! * 16 + tags[row]!
    let byNumber = known.get(key)
    if (byNumber === undefined) {
      byNumber = new Map()
      known.set(key, byNumber)
    }
    let group = byNumber.get(numbers[row]!)
    if (group === undefined) {
      group = traces.length
      byNumber.set(numbers[row]!, group)
      traces.push(traceOf[row]!)
      origins.push(before[row]!)
      cells.push({ tag: tags[row]!, number: numbers[row]! })
    }
    of[row] = group
  }
  const values = input.values.map(value => ({ ...value, cells: origins.map(origin => value.cells[origin]!) }))
  return { mask: input.mask, groups: { of, traces }, values: [...values, { stage, cells }] }
}
