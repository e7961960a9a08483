import { hexOf } from './otlp-json.ts'
import { hrefOf, type Place } from './place.ts'
import { Problem } from './problem.tsx'
import type { Tree } from './span-tree.ts'
import { duration, plural, time } from './text.ts'
import { useTraces } from './traces.ts'
import { Waterfall } from './waterfall.tsx'

/** One trace as a waterfall. */
export function TraceView({ place }: { place: Place }) {
  const { trace, span, tenant } = place
  const { value: [tree] = [], problem } = useTraces([trace], tenant)
  return (
    <main>
      <p>
        <a href={hrefOf({ ...place, view: 'search', trace: '', span: '' })} id="back">
          ← Search
        </a>
      </p>
      <Problem text={problem} />
      {tree === undefined ? (
        problem === undefined && <p role="status">Asking …</p>
      ) : (
        <Whole {...{ tree, trace, span }} />
      )}
    </main>
  )
}

function Whole({ tree, trace, span }: { tree: Tree; trace: string; span: string }) {
  const [root] = tree.rows
  const failedCount = tree.rows.filter(({ isFailed }) => isFailed).length
  const first = span === '' ? 0 : tree.rows.findIndex(row => hexOf(row.span.spanId) === span)
  return (
    <>
      <h1>
        {root!.service} {root!.span.name}
      </h1>
      <p>
        {trace}, {time(tree.startNanos)}, {duration(tree.length)}, {plural(tree.rows.length, 'span')} of{' '}
        {plural(tree.services.length, 'service')}
        {failedCount > 0 && <b class="failed">, {failedCount} failed</b>}
      </p>
      <Waterfall key={`${trace} ${span}`} tree={tree} label="Spans" first={Math.max(0, first)} />
    </>
  )
}
