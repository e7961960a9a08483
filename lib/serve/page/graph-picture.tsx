import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import { callQuery, serviceQuery } from './queries.ts'
import {
  type Box,
  boxHeight,
  boxWidth,
  type GraphFound,
  type Line,
  layOut,
  type Stats,
  serviceName,
} from './service-graph.ts'
import { clipped, colourOf, duration, percent, rate } from './text.ts'

interface Props {
  found: GraphFound
  seconds: number
  /** The address of a search. */
  search(query: string): string
}

/** The picture shrinks to fit, but no further than can be read. */
const minScale = 0.75
/** Narrower than this, calls run downwards. */
const minWide = 900

/** Services as boxes and calls as lines between them, each a link to its spans. */
export function GraphPicture({ found, seconds, search }: Props) {
  const host = useRef<HTMLDivElement>(null)
  const [isWide, setIsWide] = useState(true)
  useEffect(() => {
    const fit = new ResizeObserver(([entry]) => setIsWide(entry!.contentRect.width >= minWide))
    fit.observe(host.current!)
    return () => fit.disconnect()
  }, [])
  const { width, height, boxes, lines } = useMemo(() => layOut(found, isWide ? 'LR' : 'TB'), [found, isWide])
  const left = found.calls.length - lines.length
  return (
    <figure class="graph">
      <div ref={host} class="wide">
        <svg viewBox={`0 0 ${width} ${height}`} style={{ maxWidth: width, minWidth: minScale * width }}>
          <title>Calls between services</title>
          <defs>
            <marker
              id="arrow"
              viewBox="0 0 8 8"
              refX="7"
              refY="4"
              markerWidth="8"
              markerHeight="8"
              orient="auto"
              markerUnits="userSpaceOnUse"
            >
              <path d="M0 0L8 4L0 8z" />
            </marker>
            <clipPath id="in-box">
              <rect width={boxWidth - 4} height={boxHeight} />
            </clipPath>
          </defs>
          {lines.map(line => (
            <CallLine key={`${line.path} ${line.call.caller}`} line={line} seconds={seconds} search={search} />
          ))}
          {boxes.map(box => (
            <ServiceBox key={box.node.service ?? ''} box={box} seconds={seconds} search={search} />
          ))}
        </svg>
      </div>
      <figcaption>
        Lines are wider where calls are more, and redder where more of them fail. A box or a line leads to its spans;
        the tables below hold the same.
        {left > 0 && ` The ${left.toLocaleString('en')} rarest pairs are only in the table.`}
      </figcaption>
    </figure>
  )
}

function CallLine({ line, seconds, search }: { line: Line; seconds: number; search: Props['search'] }) {
  const { call, path, label, width } = line
  const { caller = '', service = '' } = call
  const { shown, more } = statsTexts(call, seconds)
  const [back, high] = [letterWidth * Math.max(...shown.map(text => text.length)), lineHeight * shown.length]
  const title = `${clipped(serviceName(caller), 200)} calls ${clipped(serviceName(service), 200)}: ${shown.join(' ')}${more}`
  return (
    <a href={search(callQuery(caller, service))} aria-label={title} class="call">
      <title>{title}</title>
      <path class="reach" d={path} />
      <path class="line" d={path} style={{ '--shade': shadeOf(call) }} stroke-width={width} marker-end="url(#arrow)" />
      <rect x={label.x - back / 2} y={label.y - high / 2} width={back} height={high} />
      <text y={label.y - high / 2 + lineHeight - 3}>
        <Lines texts={shown} x={label.x} />
      </text>
    </a>
  )
}

function ServiceBox({ box, seconds, search }: { box: Box; seconds: number; search: Props['search'] }) {
  const { node, left, top } = box
  const { service = '' } = node
  const { shown, more } = statsTexts(node, seconds)
  const name = clipped(serviceName(service), 20)
  const whole = serviceName(service) === name ? '' : `, ${clipped(service, 200)}`
  const title = `${[name, ...shown].join(' ')}${more}${whole}`
  return (
    <g transform={`translate(${left} ${top})`}>
      <a href={search(serviceQuery(service))} aria-label={title} class="box">
        <title>{title}</title>
        <rect width={boxWidth} height={boxHeight} rx="4" style={{ '--shade': shadeOf(node) }} />
        <rect x="8" y="9" width="8" height="8" rx="2" fill={colourOf(service)} />
        <text x="22" y="17" class="name" clip-path="url(#in-box)">
          {name}
        </text>{' '}
        <text y="32">
          <Lines texts={shown.length < 2 ? shown : [shown.slice(0, 2).join(' '), ...shown.slice(2)]} x={8} />
        </text>
      </a>
    </g>
  )
}

const lineHeight = 14
const letterWidth = 6

function Lines({ texts, x }: { texts: readonly string[]; x: number }) {
  return (
    <>
      {texts.map((text, i) => (
        <tspan key={i} x={x} dy={i === 0 ? 0 : lineHeight} class={text.endsWith(failedWord) ? 'failed' : undefined}>
          {text}
          {i + 1 < texts.length && ' '}
        </tspan>
      ))}
    </>
  )
}

const failedWord = 'failed'

/** What the picture says of calls, by line, and what else there is to say. What is seen stands in labels as it is. */
function statsTexts({ count, errorShare = 0, p50Nanos = 0, p95Nanos = 0 }: Stats, seconds: number) {
  if (count === undefined) return { shown: ['no calls of it'], more: '' }
  const failed = errorShare > 0 ? [`${percent(errorShare)} ${failedWord}`] : []
  const shown = [rate(count / seconds), `p95 ${duration(p95Nanos)}`, ...failed]
  return { shown, more: `, p50 ${duration(p50Nanos)}` }
}

/** A tenth of failures and more is as red as it gets. */
function shadeOf({ errorShare = 0 }: Stats): string {
  return `color-mix(in srgb, var(--failed) ${Math.min(100, 1_000 * errorShare).toFixed(1)}%, var(--faint))`
}
