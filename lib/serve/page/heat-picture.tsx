import { useEffect, useRef } from 'preact/hooks'
import UPlot from 'uplot'
import { type Cells, cellsBetween, fullest, type Heat } from './heat.ts'
import { duration } from './text.ts'

interface Props {
  heat: Heat
  selected: Cells | undefined
  onSelect(cells: Cells | undefined): void
  /** What was selected is wanted. */
  onOpen(): void
}

type Corner = readonly [column: number, row: number]

const height = 320
const arrows: Record<string, Corner> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }

/** The grid as a picture, of which a mouse or keys select a part. */
export function HeatPicture({ heat, selected, onSelect, onOpen }: Props) {
  const host = useRef<HTMLDivElement>(null)
  const drawn = useRef<UPlot>(undefined)
  /** Where a selection began, and where it has got to. */
  const corners = useRef<{ anchor: Corner; end: Corner }>(undefined)
  const select = (anchor: Corner, end: Corner) => {
    corners.current = { anchor, end }
    onSelect(cellsBetween(heat, anchor, end))
  }
  useEffect(() => {
    const place = host.current!
    const data: UPlot.AlignedData = [heat.ends.map(toSeconds), heat.ends.map(() => 0)]
    const plot = new UPlot(optionsOf(heat, place, select), data, place)
    drawn.current = plot
    const fit = new ResizeObserver(() => plot.setSize({ width: place.clientWidth, height }))
    fit.observe(place)
    return () => {
      fit.disconnect()
      plot.destroy()
    }
  }, [heat])
  useEffect(() => showSelection(drawn.current!, heat, selected), [heat, selected])
  const onKeyDown = (event: KeyboardEvent) => {
    const step = arrows[event.key]
    if (step !== undefined) {
      const { anchor, end } = corners.current ?? { anchor: fullest(heat), end: fullest(heat) }
      const next: Corner = corners.current === undefined ? end : moved(heat, end, step)
      select(event.shiftKey ? anchor : next, next)
    } else if (event.key === 'Enter' && selected !== undefined) onOpen()
    else if (event.key === 'Escape' && selected !== undefined) {
      corners.current = undefined
      onSelect(undefined)
    } else return
    event.preventDefault()
    event.stopPropagation()
  }
  return (
    <div
      ref={host}
      class="plot heat"
      role="application"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: its keys are its own, as its description says
      tabIndex={0}
      aria-label="Heat map of durations over time"
      aria-describedby="heat-keys heat-selected"
      onKeyDown={onKeyDown}
    />
  )
}

function moved({ ends, counts }: Heat, [column, row]: Corner, [right, up]: Corner): Corner {
  return [Math.max(0, Math.min(ends.length - 1, column + right)), Math.max(0, Math.min(counts.length - 1, row + up))]
}

function toSeconds(millis: number): number {
  return millis / 1_000
}

/** The first and the last time and power of two that the picture has. */
function boundsOf({ ends, stepMillis, exponent, counts }: Heat) {
  const x: [number, number] = [toSeconds(ends[0]! - stepMillis), toSeconds(ends.at(-1)!)]
  const y: [number, number] = [exponent - 1, exponent - 1 + counts.length]
  return { x, y }
}

function optionsOf(heat: Heat, host: HTMLElement, select: (anchor: Corner, end: Corner) => void): UPlot.Options {
  const text = getComputedStyle(document.body).color
  const line = getComputedStyle(document.querySelector('header')!).borderBottomColor
  const axis: UPlot.Axis = { stroke: text, grid: { show: false }, ticks: { stroke: line, width: 1 } }
  const { x, y } = boundsOf(heat)
  let isDragged = false
  const cornerAt = (plot: UPlot, left: number, top: number): Corner => [
    ((plot.posToVal(left, 'x') - x[0]) * 1_000) / heat.stepMillis,
    plot.posToVal(top, 'y') - y[0],
  ]
  return {
    width: host.clientWidth,
    height,
    legend: { show: false },
    scales: { x: { range: x }, y: { range: y } },
    axes: [
      axis,
      {
        ...axis,
        size: 70,
        incrs: [1, 2, 3, 4, 5, 10],
        values: (_, splits) => splits.map(power => duration(2 ** power)),
      },
    ],
    series: [{}, { paths: () => null, points: { show: false } }],
    cursor: { points: { show: false }, drag: { x: true, y: true, setScale: false } },
    hooks: {
      draw: [plot => drawCells(plot, heat, getComputedStyle(host).color)],
      setSelect: [
        plot => {
          const { left, top, width, height } = plot.select
          if (width === 0 || height === 0) return
          isDragged = true
          select(cornerAt(plot, left, top + height - 1), cornerAt(plot, left + width - 1, top))
        },
      ],
      ready: [
        plot => {
          plot.over.addEventListener('mousedown', () => {
            isDragged = false
          })
          plot.over.addEventListener('click', () => {
            const { left = -1, top = -1 } = plot.cursor
            if (isDragged || left < 0) return
            const corner = cornerAt(plot, left, top)
            select(corner, corner)
          })
        },
      ],
    },
  }
}

/** The paler a cell, the fewer spans it has, by their logarithm. */
function drawCells(plot: UPlot, heat: Heat, colour: string): void {
  const { ctx } = plot
  ctx.save()
  ctx.fillStyle = colour
  for (const [row, counts] of heat.counts.entries())
    for (const [column, count] of counts.entries()) {
      if (count === 0) continue
      const { left, top, width, height } = placeOf(plot, heat, column, column, row, row, true)
      ctx.globalAlpha = 0.15 + (0.85 * Math.log1p(count)) / Math.log1p(heat.most)
      ctx.fillRect(left, top, width - 1, height - 1)
    }
  ctx.restore()
}

function showSelection(plot: UPlot, heat: Heat, cells: Cells | undefined): void {
  const { firstColumn, lastColumn, firstRow, lastRow } = cells ?? {
    firstColumn: 0,
    lastColumn: 0,
    firstRow: 0,
    lastRow: 0,
  }
  const place = placeOf(plot, heat, firstColumn, lastColumn, firstRow, lastRow, false)
  plot.setSelect(cells === undefined ? { left: 0, top: 0, width: 0, height: 0 } : place, false)
}

/** Where cells are, in pixels of the canvas or of the page. */
function placeOf(
  plot: UPlot,
  heat: Heat,
  firstColumn: number,
  lastColumn: number,
  firstRow: number,
  lastRow: number,
  isCanvas: boolean,
) {
  const { x, y } = boundsOf(heat)
  const step = toSeconds(heat.stepMillis)
  const left = plot.valToPos(x[0] + firstColumn * step, 'x', isCanvas)
  const top = plot.valToPos(y[0] + lastRow + 1, 'y', isCanvas)
  return {
    left,
    top,
    width: plot.valToPos(x[0] + (lastColumn + 1) * step, 'x', isCanvas) - left,
    height: plot.valToPos(y[0] + firstRow, 'y', isCanvas) - top,
  }
}
