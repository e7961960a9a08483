import type { Figure, ServeBench } from '../runs/serve-bench-schema.ts'
import { fixed, whole } from '../text/format.ts'
import type { Page } from '../text/page.ts'
import { number, tableOf, text } from '../text/table.ts'
import type { Document } from './document.ts'

/** The tables, one per part. */
export function servePage({ parts }: ServeBench): Page {
  return parts.flatMap(({ title, figures }) => [
    `## ${title}`,
    tableOf(
      figures,
      [
        text('', ({ what }) => what, { keep: 1 }),
        number('median', ({ value, problem }) => problem ?? value, readable),
        text('lowest … highest', ({ range }) => (range ? range.map(readable).join(' … ') : '')),
        text('', ({ unit }) => unit),
        text('wanted', ({ wanted }) => (wanted ? `${wanted[0]} ${readable(wanted[1])}` : '')),
        text('reached', reached),
      ],
      title,
    ),
  ])
}

/** As many digits as are of use. */
export function readable(value: number | null): string {
  return value === null || value >= 1_000 || Number.isInteger(value) ? whole(value) : fixed(value < 10 ? 2 : 1)(value)
}

/** Whether what is wanted of a figure is so. */
export function reached({ value, wanted, problem }: Omit<Figure, 'what' | 'unit'>): string {
  if (problem !== undefined) return 'no'
  if (value === null || wanted === undefined) return ''
  return (wanted[0] === '≥' ? value >= wanted[1] : value <= wanted[1]) ? 'yes' : 'no'
}

/** The page of the store. */
export function serveDocument(bench: ServeBench): Document {
  const { environment, job } = bench
  return [
    '# The store under load',
    `${environment.date.slice(0, 10)}, commit ${environment.commit ?? environment.version}, Node ${environment.node}, ` +
      `${environment.cpu}, ${environment.cores} cores, ${environment.platform}. By \`${environment.command}\`: ${job.rounds} rounds ` +
      `of ${job.seconds} s after one that does not count; seed ${job.seed}.`,
    'A process replays a capture as OTLP over HTTP, protobuf, 512 spans per request, with ids of its own in each round ' +
      'and times that end when the round begins; `serve --data` runs in another one on the same ' +
      'machine. Acknowledged spans are synced to disk. A number is shown where the server then counted exactly the spans ' +
      'that it had acknowledged. At a steady rate, latency counts from when a request was to be sent.',
    ...servePage(bench),
  ]
}
