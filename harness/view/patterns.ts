import { type Compared, comparePatterns, significance } from '../../lib/patterns/compare.ts'
import { type Pattern, quantileOf } from '../../lib/patterns/statistics.ts'
import { otherKey, type Template, type TemplateNode } from '../../lib/patterns/template.ts'
import { percent, plural, whole } from '../text/format.ts'
import { clean, kindName } from '../text/names.ts'
import type { Page } from '../text/page.ts'
import { number, type Table, tableOf, text, type Worded } from '../text/table.ts'
import { printNanos } from '../text/times.ts'

/** Templates of traces as tables and as data. */

const quantiles = [0.5, 0.95, 0.99] as const
/** Digits of a key that tables show: more than enough to tell a capture's templates apart. */
const keyDigits = 16

/** All traces of a capture. */
interface Totals {
  readonly readCount: number
  readonly traceCount: number
  readonly spanCount: number
  readonly byteLength: number
}

function totalsOf(patterns: readonly Pattern[]): Totals {
  const sum = (of: (pattern: Pattern) => number) => patterns.reduce((total, pattern) => total + of(pattern), 0)
  return {
    readCount: sum(({ readCount }) => readCount),
    traceCount: sum(({ traceCount }) => traceCount),
    spanCount: sum(({ spanCount }) => spanCount),
    byteLength: sum(({ byteLength }) => byteLength),
  }
}

/** The templates that are shown of all, a row each; with `isTree` what each looks like. */
export function patternsPage(
  title: string,
  patterns: readonly Pattern[],
  shown: readonly Pattern[],
  isTree: boolean,
): Page {
  const totals = totalsOf(patterns)
  return [
    `${title}: ${printCounts(patterns)}${printRest(shown, totals)}`,
    patternTable(shown, totals),
    ...(isTree ? shown.flatMap(treePage) : []),
  ]
}

/** Of a sample also how many traces it has. */
function printCounts(patterns: readonly Pattern[]): string {
  const { traceCount, readCount } = totalsOf(patterns)
  const sampled = readCount === traceCount ? '' : ` (a sample of ${whole(readCount)})`
  return `${plural(Math.round(traceCount), 'trace')}${sampled} of ${plural(patterns.length, 'template')}`
}

function printRest(shown: readonly Pattern[], totals: Totals): string {
  const share = totalsOf(shown).traceCount / totals.traceCount
  return share < 1 ? `, of which ${whole(shown.length)} are shown, with ${percent(share)} of the traces` : ''
}

function patternTable(patterns: readonly Pattern[], totals: Totals): Table {
  return tableOf(
    patterns,
    [
      text('template', ({ template }) => template.key.slice(0, keyDigits), { keep: 3, isWhole: true }),
      text('root', ({ template }) => rootOf(template), { keep: 4, maxWidth: 48 }),
      number('traces', ({ traceCount }) => Math.round(traceCount), undefined, { keep: 5 }),
      number('of traces', ({ traceCount }) => traceCount / totals.traceCount, percent, { keep: 2 }),
      number('spans', ({ template }) => template.spanCount),
      number('of spans', ({ spanCount }) => spanCount / totals.spanCount, percent),
      number('of bytes', ({ byteLength }) => byteLength / totals.byteLength, percent),
      ...quantiles.map((quantile, i) =>
        number<Pattern>(`p${quantile * 100}`, pattern => nanos(quantileOf(pattern, quantile)), undefined, {
          keep: 3 - i,
        }),
      ),
      number('errors', ({ errorCount, traceCount }) => errorCount / traceCount, percent, { keep: 2 }),
      text('example', ({ example }) => example, { isWhole: true }),
    ],
    'templates',
  )
}

/** Nanoseconds for programs, words for people. */
function nanos(value: number): Worded {
  return { value, words: printNanos(BigInt(Math.round(value))) }
}

function rootOf({ key, nodes }: Template): string {
  const root = nodes.find(({ above }) => above === 'none') ?? nodes[0]
  if (root === undefined) return key === otherKey ? 'all others: the table is full' : ''
  return clean(`${root.service} ${root.name}`.trim())
}

function treePage({ template, traceCount }: Pattern): Page {
  return [`\n${template.key}  ${rootOf(template)}, ${plural(Math.round(traceCount), 'trace')}`, treeTable(template)]
}

/** The nodes of a template, a row each; those that come again below the same parent, with all below them, in one. */
function treeTable({ key, nodes, spanCount }: Template): Table {
  const rows = mergeLike(nodes)
  const table = tableOf(
    rows,
    [
      number(
        'times',
        ({ count }) => count,
        count => (count === 1 ? '' : `${count}×`),
      ),
      text('span', ({ node }) => indented(node), { keep: 2 }),
      text('service', ({ node }) => clean(node.service), { keep: 1 }),
      text('kind', ({ node }) => kindName(node.kind)),
      text('attributes', ({ node }) => node.keys.map(clean).join(', '), { maxWidth: 80 }),
    ],
    key,
  )
  return spanCount > nodes.length
    ? { ...table, name: `${key}, the first ${nodes.length} of ${spanCount} spans` }
    : table
}

function indented({ depth, name, above }: TemplateNode): string {
  const note = above === 'missing' ? ' (below a span that is missing)' : above === 'circle' ? ' (in a circle)' : ''
  return `${'  '.repeat(depth)}${clean(name)}${note}`
}

interface TreeRow {
  readonly node: TemplateNode
  readonly count: number
}

/** Like subtrees that follow one another are one row, or as many as they have spans, with their number. */
function mergeLike(nodes: readonly TemplateNode[]): TreeRow[] {
  const rows: TreeRow[] = []
  for (let at = 0; at < nodes.length; ) {
    const end = subtreeEnd(nodes, at)
    const own = printed(nodes, at, end)
    let count = 1
    let next = end
    while (next < nodes.length && nodes[next]!.depth === nodes[at]!.depth) {
      const nextEnd = subtreeEnd(nodes, next)
      if (printed(nodes, next, nextEnd) !== own) break
      count++
      next = nextEnd
    }
    rows.push({ node: nodes[at]!, count })
    rows.push(...mergeLike(nodes.slice(at + 1, end)))
    at = next
  }
  return rows
}

function subtreeEnd(nodes: readonly TemplateNode[], at: number): number {
  let end = at + 1
  while (end < nodes.length && nodes[end]!.depth > nodes[at]!.depth) end++
  return end
}

function printed(nodes: readonly TemplateNode[], start: number, end: number): string {
  return JSON.stringify(nodes.slice(start, end))
}

/** The same for programs. */
export function patternsJson(patterns: readonly Pattern[], shown: readonly Pattern[]) {
  const totals = totalsOf(patterns)
  return {
    ...totals,
    templateCount: patterns.length,
    templates: shown.map(pattern => patternJson(pattern, totals)),
  }
}

function patternJson(pattern: Pattern, totals: Totals) {
  const { template, traceCount, spanCount, byteLength, example } = pattern
  return {
    key: template.key,
    root: rootOf(template),
    ...{ traceCount, spanCount, byteLength },
    shareOfTraces: traceCount / totals.traceCount,
    shareOfSpans: spanCount / totals.spanCount,
    shareOfBytes: byteLength / totals.byteLength,
    ...latencyJson(pattern),
    example,
    spansOfOne: template.spanCount,
    nodes: template.nodes,
  }
}

function latencyJson(pattern: Pattern) {
  const [p50, p95, p99] = quantiles.map(quantile => quantileOf(pattern, quantile))
  return { durationNanos: { p50, p95, p99 }, errorRate: pattern.errorCount / pattern.traceCount }
}

const method =
  `Beyond noise: chance explains as much in less than ${significance * 100} of 100 such comparisons; durations by ranks (Mann and` +
  " Whitney), numbers of traces and errors by Fisher's exact test, corrected for the number of tests that could tell anything (Bonferroni, Tarone)."

/** What differs between two captures. */
export function comparePage(
  titles: readonly [string, string],
  a: readonly Pattern[],
  b: readonly Pattern[],
  top: number,
): Page {
  const compared = comparePatterns(a, b)
  const found = compared.filter(({ changes }) => changes.length > 0)
  const shown = found.slice(0, top)
  const both = compared.filter(pair => pair.a !== undefined && pair.b !== undefined).length
  return [
    `A ${titles[0]}: ${printCounts(a)}; B ${titles[1]}: ${printCounts(b)}; ${plural(both, 'template')} in both`,
    printFound(found.length, shown.length),
    compareTable(shown, totalsOf(a), totalsOf(b)),
    method,
  ]
}

function printFound(count: number, shown: number): string {
  if (count === 0) return 'no template differs beyond noise'
  return `beyond noise ${count === 1 ? 'differs' : 'differ'} ${plural(count, 'template')}${shown < count ? `, of which ${shown} are shown` : ''}:`
}

function compareTable(compared: readonly Compared[], totalsA: Totals, totalsB: Totals): Table {
  const share = ({ traceCount }: Pattern, totals: Totals) => traceCount / totals.traceCount
  const both = <T>(
    header: string,
    of: (pattern: Pattern, totals: Totals) => T,
    print?: (value: number | null) => string,
  ) =>
    (['a', 'b'] as const).map(side =>
      number<Compared>(
        `${header} ${side.toUpperCase()}`,
        pair =>
          pair[side] === undefined ? null : (of(pair[side], side === 'a' ? totalsA : totalsB) as number | Worded),
        print,
      ),
    )
  return tableOf(
    compared,
    [
      text('change', ({ changes }) => changes.join(', '), { keep: 5 }),
      text('template', pair => either(pair).template.key, { keep: 2, isWhole: true }),
      text('root', pair => rootOf(either(pair).template), { keep: 4, maxWidth: 48 }),
      ...both('traces', ({ traceCount }) => Math.round(traceCount)),
      ...both('of traces', share, percent),
      ...both('p50', pattern => nanos(quantileOf(pattern, 0.5))),
      ...both('p95', pattern => nanos(quantileOf(pattern, 0.95))),
      ...both('errors', ({ errorCount, traceCount }) => errorCount / traceCount, percent),
      number('chance', ({ tests }) => Math.min(...tests.map(({ probability }) => probability)), printChance),
    ],
    'templates',
  )
}

function either({ a, b }: Compared): Pattern {
  return (b ?? a)!
}

function printChance(value: number | null): string {
  if (value === null) return ''
  return value < 1e-6 ? '< 1e-6' : value.toPrecision(1)
}

/** The same for programs, with all templates. */
export function compareJson(a: readonly Pattern[], b: readonly Pattern[]) {
  const [totalsA, totalsB] = [totalsOf(a), totalsOf(b)]
  const sideJson = (pattern: Pattern | undefined, totals: Totals) =>
    pattern === undefined
      ? null
      : {
          traceCount: pattern.traceCount,
          shareOfTraces: pattern.traceCount / totals.traceCount,
          ...latencyJson(pattern),
        }
  return {
    a: totalsA,
    b: totalsB,
    method,
    templates: comparePatterns(a, b).map(({ changes, tests, ...pair }) => ({
      key: either(pair as Compared).template.key,
      root: rootOf(either(pair as Compared).template),
      changes,
      tests,
      a: sideJson(pair.a, totalsA),
      b: sideJson(pair.b, totalsB),
    })),
  }
}
