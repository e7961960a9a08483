import { hexOf, type KeyedValue, textOf } from './otlp-json.ts'
import { hrefOf, readPlace } from './place.ts'
import type { Row } from './span-tree.ts'
import { duration } from './text.ts'

/** All that a span says. */
export function SpanDetails({ row, onClose }: { row: Row; onClose(): void }) {
  const { span, service, scope, resource } = row
  const sinceStart = (timeNanos: string) => duration(Number(BigInt(timeNanos) - BigInt(span.startTimeUnixNano)))
  const facts: [string, string][] = [
    ['service', service],
    ['start', `${duration(row.start)} after the trace's`],
    ['duration', duration(row.length)],
    ['kind', (span.kind ?? '').replace('SPAN_KIND_', '').toLowerCase()],
    [
      'status',
      [(span.status?.code ?? '').replace('STATUS_CODE_', '').toLowerCase(), span.status?.message]
        .filter(Boolean)
        .join(': '),
    ],
    ['span id', hexOf(span.spanId)],
    ['parent', parentOf(row)],
    ['scope', scope],
  ]
  return (
    <aside aria-label="Span">
      <button type="button" class="close" onClick={onClose} aria-label="Close">
        ×
      </button>
      <h2>{span.name}</h2>
      <Facts facts={facts.filter(([, text]) => text !== '')} />
      <Attributes title="Attributes" attributes={span.attributes} />
      {span.events?.map((event, i) => (
        <Attributes
          key={i}
          title={`Event ${event.name ?? ''} after ${sinceStart(event.timeUnixNano ?? '0')}`}
          attributes={event.attributes}
          isShown
        />
      ))}
      {span.links?.map(({ traceId, spanId, attributes }, i) => (
        <div key={i}>
          <h3>
            Link to{' '}
            <a href={hrefOf({ ...readPlace(), view: 'trace', trace: hexOf(traceId), span: hexOf(spanId) })}>
              {hexOf(traceId)}
            </a>
          </h3>
          <Attributes attributes={attributes} />
        </div>
      ))}
      <Attributes title="Resource" attributes={resource} />
    </aside>
  )
}

/** The parent's id, also where the span cannot be below it. */
function parentOf({ parent, span: { parentSpanId = '' } }: Row): string {
  if (parentSpanId === '') return ''
  return `${hexOf(parentSpanId)}${parent < 0 ? ', which is not in this trace, or below this span' : ''}`
}

interface AttributesProps {
  title?: string
  attributes?: readonly KeyedValue[] | undefined
  isShown?: boolean
}

function Attributes({ title, attributes = [], isShown = false }: AttributesProps) {
  if (attributes.length === 0 && !isShown) return null
  return (
    <>
      {title !== undefined && <h3>{title}</h3>}
      <Facts facts={attributes.map(({ key, value }): [string, string] => [key, textOf(value)])} />
    </>
  )
}

function Facts({ facts }: { facts: readonly [string, string][] }) {
  return (
    <dl>
      {facts.map(([name, text], i) => (
        <div key={i}>
          <dt>{name}</dt>
          <dd>{text}</dd>
        </div>
      ))}
    </dl>
  )
}
