import { useAsked } from './asked.ts'
import { hrefOf, type Place } from './place.ts'
import { Problem } from './problem.tsx'
import { type Column, SortedTable } from './sorted-table.tsx'
import { type BlockBytes, getBlockBytes } from './status-api.ts'
import { bytes, percent, plural } from './text.ts'

type Line = BlockBytes['lines'][number]

/** What a block stores of each attribute. */
export function BlockView({ place }: { place: Place }) {
  const { value, problem } = useAsked(signal => getBlockBytes(place.block, signal), place.block)
  return (
    <main>
      <p>
        <a id="back" href={hrefOf({ ...place, view: 'blocks', block: '' })}>
          Blocks
        </a>
      </p>
      <h1>Block {place.block}</h1>
      <Problem text={problem} />
      {value === undefined && problem === undefined && <p role="status">Asking …</p>}
      {value !== undefined && <Lines {...value} />}
    </main>
  )
}

function Lines({ spans, bytes: total, lines }: BlockBytes) {
  const most = Math.max(...lines.map(({ byteLength }) => byteLength))
  const columns: Column<Line>[] = [
    { name: 'Of', value: ({ name }) => name, isLong: true },
    {
      name: 'Bytes',
      value: ({ byteLength }) => byteLength,
      show: ({ byteLength }) => (
        <>
          <span class="bar" style={{ width: `${(100 * byteLength) / most}%` }} />
          {bytes(byteLength)}
        </>
      ),
    },
    {
      name: 'Share',
      value: ({ byteLength }) => byteLength / total,
      show: ({ byteLength }) => percent(byteLength / total),
    },
    {
      name: 'Bytes per span',
      value: ({ byteLength }) => byteLength / spans,
      show: ({ byteLength }) => String(Number((byteLength / spans).toPrecision(2))),
    },
    { name: 'Kind', value: ({ kind }) => kind },
  ]
  return (
    <>
      <p role="status">
        {bytes(total)}, {plural(spans, 'span')}, {Number((total / spans).toPrecision(3))} bytes per span, as they are
        stored: compressed, with dictionaries and indexes
      </p>
      <SortedTable rows={lines} columns={columns} keyOf={({ name }) => name} />
    </>
  )
}
