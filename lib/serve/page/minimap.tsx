import { useEffect, useLayoutEffect, useRef } from 'preact/hooks'
import type { Row, Tree } from './span-tree.ts'
import { colourOf, duration } from './text.ts'
import { movedBy, type Window, whole, windowAfterKey, windowBetween, withEnd } from './window.ts'

interface Props {
  tree: Tree
  window: Window
  onChange(window: Window): void
}

type Part = keyof Window | 'both'

const height = 56

/** All spans of a trace, and the part of its time that the waterfall shows: to be drawn, dragged, and moved by keys. */
export function Minimap({ tree, window, onChange }: Props) {
  const host = useRef<HTMLFieldSetElement>(null)
  const canvas = useRef<HTMLCanvasElement>(null)
  const drag = useRef<{ at: number; part: Part | 'new'; window: Window }>(undefined)
  useLayoutEffect(() => paint(canvas.current, tree), [tree])
  useEffect(() => {
    const fit = new ResizeObserver(() => paint(canvas.current, tree))
    fit.observe(canvas.current!)
    return () => fit.disconnect()
  }, [tree])
  const shareAt = (event: PointerEvent) => {
    const { left, width } = host.current!.getBoundingClientRect()
    return (event.clientX - left) / width
  }
  const isWhole = window.from === 0 && window.to === 1
  return (
    <fieldset
      ref={host}
      aria-label="The whole trace"
      class="minimap"
      style={{ height: `${height}px` }}
      onPointerDown={event => {
        const part = (event.target as HTMLElement).dataset.part as Part | undefined
        drag.current = {
          at: shareAt(event),
          part: part === undefined || (part === 'both' && isWhole) ? 'new' : part,
          window,
        }
        host.current!.setPointerCapture(event.pointerId)
      }}
      onPointerMove={event => drag.current && onChange(dragged(drag.current, shareAt(event)))}
      onPointerUp={() => {
        drag.current = undefined
      }}
      onDblClick={() => onChange(whole)}
    >
      <canvas ref={canvas} />
      {(['both', 'from', 'to'] as const).map(part => (
        <Handle key={part} part={part} window={window} length={tree.length} onChange={onChange} />
      ))}
    </fieldset>
  )
}

function dragged(drag: { at: number; part: Part | 'new'; window: Window }, share: number): Window {
  if (drag.part === 'both') return movedBy(drag.window, share - drag.at)
  return drag.part === 'new' ? windowBetween(drag.at, share) : withEnd(drag.window, drag.part, share)
}

interface HandleProps extends Omit<Props, 'tree'> {
  part: Part
  length: number
}

const names: Record<Part, string> = { both: 'Time shown', from: 'Start of the time shown', to: 'End of the time shown' }

/** What is dragged of a window, or moved by keys. */
function Handle({ part, window, length, onChange }: HandleProps) {
  const at = part === 'to' ? window.to : window.from
  const [from, to] = [duration(window.from * length), duration(window.to * length)]
  return (
    <div
      role="slider"
      tabIndex={0}
      data-part={part}
      class={part}
      aria-label={names[part]}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round(at * 100)}
      aria-valuetext={part === 'both' ? `${from} to ${to}` : part === 'to' ? to : from}
      style={{ left: `${at * 100}%`, width: part === 'both' ? `${(window.to - window.from) * 100}%` : undefined }}
      onKeyDown={event => {
        const next = event.ctrlKey || event.metaKey ? undefined : windowAfterKey(window, part, event.key)
        if (next === undefined) return
        onChange(next)
        event.preventDefault()
        event.stopPropagation()
      }}
    />
  )
}

/** Draws each span as a line at its time, from the top in the order of the waterfall, failed ones above the others. */
function paint(canvas: HTMLCanvasElement | null, { rows, length, services }: Tree): void {
  if (canvas === null) return
  const scale = devicePixelRatio
  canvas.width = canvas.clientWidth * scale
  canvas.height = height * scale
  const pen = canvas.getContext('2d')!
  const thick = Math.max(scale, canvas.height / rows.length - 1)
  const line = ({ index, start, length: own }: Row) =>
    pen.fillRect(
      (start / length) * canvas.width,
      (index / rows.length) * canvas.height,
      Math.max(scale, (own / length) * canvas.width),
      thick,
    )
  const byService = Map.groupBy(rows, ({ service }) => service)
  for (const service of services) {
    pen.fillStyle = colourOf(service)
    byService.get(service)!.forEach(line)
  }
  pen.fillStyle = getComputedStyle(canvas).color
  rows.filter(({ isFailed }) => isFailed).forEach(line)
}
