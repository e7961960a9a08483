import { isRelated } from '../../model/relation.ts'
import type { AnyValue, KeyedValue } from '../engine/answer-value.ts'
import type { MathOperator, MetricsFilter, SecondStage, Top } from '../language/ast.ts'
import { labelsKey, type Series, type SeriesSet } from './series.ts'

/** Series with series of the same labels, point by point; what occurs on one side only is left out. */
export function combineSeries(operator: MathOperator, left: SeriesSet, right: SeriesSet): SeriesSet {
  const name = `(${left.name} ${operator} ${right.name})`
  const others = new Map(right.series.map(series => [labelsKey(series.labels), series]))
  const series = left.series.flatMap(({ labels, points }) => {
    const other = others.get(labelsKey(labels))
    if (other === undefined) return []
    const combined = points.map((point, i) => operate(operator, point, other.points[i]!))
    return [{ labels: renamed(labels, name), points: combined }]
  })
  return { name, series }
}

function renamed(labels: readonly KeyedValue[], stringValue: string): KeyedValue[] {
  const value: AnyValue = { stringValue }
  return labels.map(label => (label.key === '__name__' ? { key: label.key, value } : label))
}

/** A number on one side of series. */
export function combineNumber(operator: MathOperator, left: SeriesSet | number, right: SeriesSet | number): SeriesSet {
  if (typeof left === 'number') {
    const { name, series } = right as SeriesSet
    return { name, series: mapPoints(series, point => operate(operator, left, point)) }
  }
  return { name: left.name, series: mapPoints(left.series, point => operate(operator, point, right as number)) }
}

function mapPoints(series: readonly Series[], map: (point: number) => number): Series[] {
  return series.map(own => ({ ...own, points: own.points.map(map) }))
}

/** NaN for what no number is: a quotient by zero, too. */
function operate(operator: MathOperator, a: number, b: number): number {
  switch (operator) {
    case '+':
      return a + b
    case '-':
      return a - b
    case '*':
      return a * b
    case '/':
      return b === 0 ? Number.NaN : a / b
  }
}

/** Runs the stages after a pipeline or an operation. Series without a point left are gone. */
export function runStages(stages: readonly SecondStage[], { name, series }: SeriesSet): SeriesSet {
  let left = series
  for (const stage of stages)
    left = (stage.kind === 'metrics-filter' ? filter(stage, left) : top(stage, left)).filter(hasPoint)
  return { name, series: left }
}

function hasPoint({ points }: Series): boolean {
  return points.some(point => !Number.isNaN(point))
}

function filter({ operator, value }: MetricsFilter, series: readonly Series[]): Series[] {
  const operand = value.type === 'duration' ? Number(value.value) / 1e9 : value.value
  return mapPoints(series, point => (!Number.isNaN(point) && isRelated(point, operator, operand) ? point : Number.NaN))
}

/**
 * In each interval the points of the first series by value, greatest first, and among equal ones by label; of `bottomk`
 * those of the last ones of that order.
 */
function top({ kind, limit }: Top, series: readonly Series[]): Series[] {
  const count = Number(limit)
  const byLabel = series.map(own => ({
    ...own,
    key: labelsKey(own.labels),
    kept: new Float64Array(own.points.length).fill(Number.NaN),
  }))
  byLabel.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
  const intervalCount = series[0]?.points.length ?? 0
  for (let i = 0; i < intervalCount; i++) {
    const present = byLabel.filter(({ points }) => !Number.isNaN(points[i]!))
    present.sort((a, b) => b.points[i]! - a.points[i]!)
    const chosen = kind === 'topk' ? present.slice(0, count) : present.slice(Math.max(0, present.length - count))
    for (const { kept, points } of chosen) kept[i] = points[i]!
  }
  return byLabel.map(({ labels, kept, exemplars }) => ({ labels, points: kept, exemplars }))
}
