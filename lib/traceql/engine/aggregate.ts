import { LabError } from '../../error.ts'
import { isRelated, mirroredRelations } from '../../model/relation.ts'
import type { Aggregate, AggregateName, ScalarFilter, Static } from '../language/ast.ts'
import { firstNumber, resultTag } from './arithmetic.ts'
import { vectorOf } from './evaluate.ts'
import { aggregateOf } from './plan.ts'
import type { Spansets } from './spanset.ts'
import { type Cell, type Pool, Tag } from './vector.ts'
import type { View } from './view.ts'

/** The spansets whose aggregate meets the comparison, with its value. One without numbers has no aggregate but a count. */
export function scalarFilter(stage: ScalarFilter, input: Spansets, view: View, pool: Pool): Spansets {
  const aggregate = aggregateOf(stage)
  if (aggregate === undefined)
    throw new LabError('unsupported', `TraceQL: byte ${stage.start}: only an aggregate and a number can be compared`)
  const constant = (stage.left === aggregate ? stage.right : stage.left) as Static
  const operator = stage.left === aggregate ? stage.operator : mirroredRelations[stage.operator]
  const of = input.groups?.of ?? view.traceOf()
  const groupCount = input.groups?.traces.length ?? view.traceCount
  const cells = aggregateCells(aggregate, { mask: input.mask, of, groupCount }, view, pool)
  const limit =
    constant.type === 'int' || constant.type === 'duration' || constant.type === 'float' ? constant.value : NaN
  const passes = Uint8Array.from(cells, cell =>
    cell.tag !== Tag.nil && isRelated(cell.number, operator, limit) ? 1 : 0,
  )
  const mask = new Uint8Array(input.mask.length)
  for (let row = 0; row < mask.length; row++) if (input.mask[row] === 1) mask[row] = passes[of[row]!]!
  return { mask, groups: input.groups, values: [...input.values, { stage, cells }] }
}

interface Grouped {
  readonly mask: Uint8Array
  readonly of: Uint32Array
  readonly groupCount: number
}

function aggregateCells(aggregate: Aggregate, grouped: Grouped, view: View, pool: Pool): Cell[] {
  if (aggregate.argument === undefined) return countCells(grouped)
  const { tags, numbers } = vectorOf(aggregate.argument, view, pool)
  const { mask, of, groupCount } = grouped
  const counts = new Float64Array(groupCount)
  const results = new Float64Array(groupCount)
  const types = new Uint8Array(groupCount)
  const step = steps[aggregate.name]
  for (let row = 0; row < mask.length; row++) {
    if (mask[row] === 0) continue
    const { tag, number } = firstNumber({ tag: tags[row]!, number: numbers[row]! }, pool)
    if (tag === Tag.nil) continue
    const group = of[row]!
    const isFirst = counts[group] === 0
    results[group] = isFirst ? number : step(results[group]!, number)
    types[group] = isFirst ? tag : resultTag(types[group]!, tag)
    counts[group]!++
  }
  const isMean = aggregate.name === 'avg'
  return Array.from(types, (tag, group) => ({
    tag: isMean && tag === Tag.int ? Tag.float : tag,
    number: isMean ? results[group]! / counts[group]! : results[group]!,
  }))
}

const add = (a: number, b: number): number => a + b

const steps: Readonly<Record<AggregateName, (a: number, b: number) => number>> = {
  count: add,
  avg: add,
  sum: add,
  min: Math.min,
  max: Math.max,
}

function countCells({ mask, of, groupCount }: Grouped): Cell[] {
  const counts = new Float64Array(groupCount)
  for (let row = 0; row < mask.length; row++) counts[of[row]!]! += mask[row]!
  return Array.from(counts, number => ({ tag: number === 0 ? Tag.nil : Tag.int, number }))
}
