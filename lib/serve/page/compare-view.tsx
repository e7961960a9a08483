import { useMemo } from 'preact/hooks'
import { Choice } from './choice.tsx'
import { type ComparedRow, compareTrees, differenceOf, type Side } from './comparison.ts'
import { hrefOf, markedIn, type Place } from './place.ts'
import { Problem } from './problem.tsx'
import type { Tree } from './span-tree.ts'
import { clipped, colourOf, duration, maxName, plural, time } from './text.ts'
import { useTraces } from './traces.ts'
import { FoldButtons, FoldMark, TreeList } from './tree-list.tsx'
import { useTree } from './tree-state.ts'
import { Waterfall } from './waterfall.tsx'

const layouts = ['merged', 'sides'] as const

interface Props {
  place: Place
  go(place: Partial<Place>): void
}

/** Two traces as one tree, or beside each other. */
export function CompareView({ place, go }: Props) {
  const ids = markedIn(place)
  const { value: trees, problem } = useTraces(ids, place.tenant)
  const [first, second] = trees ?? []
  return (
    <main>
      <p>
        <a href={hrefOf({ ...place, view: 'search' })} id="back">
          ← Search
        </a>
      </p>
      <h1>Comparison of two traces</h1>
      <Problem text={ids.length === 2 ? problem : `Two traces are compared, and ${ids.length} are marked.`} />
      {trees === undefined && problem === undefined && <p role="status">Asking …</p>}
      {ids.length === 2 && first !== undefined && second !== undefined && (
        <>
          <ul>
            {[first, second].map((tree, i) => (
              <li key={i}>
                {'AB'[i]}: <Title tree={tree} href={hrefOf({ ...place, view: 'trace', trace: ids[i]! })} />
              </li>
            ))}
          </ul>
          <p>
            <Choice
              label="Layout"
              values={layouts}
              value={place.layout}
              onChange={layout => go({ ...place, layout: layout as Place['layout'] })}
            />
          </p>
          {place.layout === 'merged' ? <Merged first={first} second={second} /> : <Sides trees={[first, second]} />}
        </>
      )}
    </main>
  )
}

function Title({ tree, href }: { tree: Tree; href: string }) {
  const [root] = tree.rows
  return (
    <>
      <a href={href}>
        {root!.service} {clipped(root!.span.name ?? '', maxName)}
      </a>
      , {time(tree.startNanos)}, {duration(tree.length)}, {plural(tree.rows.length, 'span')}
    </>
  )
}

function Sides({ trees }: { trees: readonly Tree[] }) {
  return (
    <div class="sides">
      {trees.map((tree, i) => (
        <section key={i} aria-label={`Trace ${'AB'[i]}`}>
          <h2>{'AB'[i]}</h2>
          <Waterfall tree={tree} label={`Spans of ${'AB'[i]}`} />
        </section>
      ))}
    </div>
  )
}

/** Spans by service and name below each other; siblings that differ most in time come first. */
function Merged({ first, second }: { first: Tree; second: Tree }) {
  const rows = useMemo(() => compareTrees(first, second), [first, second])
  const tree = useTree(rows)
  const most = rows.reduce((max, row) => Math.max(max, Math.abs(differenceOf(row))), 1)
  return (
    <>
      <p>
        Durations are sums over all spans of a row; those that differ most come first. {onlyIn(rows, 0)} only in A,{' '}
        {onlyIn(rows, 1)} only in B.
      </p>
      <div class="tools">
        <FoldButtons tree={tree} />
      </div>
      <div class="compared head" aria-hidden="true">
        <span class="name">Service and span</span>
        <span>A</span>
        <span>B</span>
        <span>B − A</span>
      </div>
      <TreeList
        label="Spans of both traces"
        tree={tree}
        classOf={() => 'compared'}
        show={row => (
          <>
            <span class="name">
              <FoldMark row={row} tree={tree} />
              <i style={{ background: colourOf(row.service) }} /> <b>{row.service}</b> {clipped(row.name, maxName)}
            </span>
            <Share side={row.sides[0]} name="A" />
            <Share side={row.sides[1]} name="B" />
            <Difference row={row} most={most} />
          </>
        )}
      />
    </>
  )
}

function onlyIn(rows: readonly ComparedRow[], which: 0 | 1): string {
  return plural(rows.filter(({ sides }) => sides[1 - which]!.count === 0).length, 'row')
}

function Share({ side: { count, nanos, failedCount }, name }: { side: Side; name: string }) {
  if (count === 0) return <span class="absent">not in {name}</span>
  return (
    <span>
      {count} × {duration(nanos)}
      {failedCount > 0 && <b class="failed"> ✖ {failedCount}</b>}
    </span>
  )
}

function Difference({ row, most }: { row: ComparedRow; most: number }) {
  const difference = differenceOf(row)
  const share = (50 * Math.abs(difference)) / most
  return (
    <span class="difference">
      <span
        class={difference < 0 ? 'less' : 'more'}
        style={{ left: `${difference < 0 ? 50 - share : 50}%`, width: `${share}%` }}
      />
      <span>
        {difference > 0 ? '+' : ''}
        {duration(difference)}
      </span>
    </span>
  )
}
