import { useEffect, useRef } from 'preact/hooks'
import UPlot from 'uplot'
import type { Series } from './api.ts'
import { textOf } from './otlp-json.ts'

const height = 320
const maxDrawn = 100

/** Series as lines over time, and their last values as a table for who does not see them. */
export function SeriesView({ series }: { series: readonly Series[] }) {
  const place = useRef<HTMLDivElement>(null)
  const drawn = useRef<UPlot>(undefined)
  const names = series.map(nameOf).join('\n')
  useEffect(() => {
    const host = place.current
    if (host === null || series.length === 0) return undefined
    const plot = new UPlot(optionsOf(series, host.clientWidth), dataOf(series), host)
    drawn.current = plot
    const fit = new ResizeObserver(() => plot.setSize({ width: host.clientWidth, height }))
    fit.observe(host)
    return () => {
      fit.disconnect()
      plot.destroy()
      drawn.current = undefined
    }
  }, [names])
  // Lines that only move are not made anew.
  useEffect(() => drawn.current?.setData(dataOf(series)), [series])
  const focus = (line: number | null) => drawn.current?.setSeries(line, { focus: true })
  if (series.length === 0) return <p>No series.</p>
  return (
    <>
      <div ref={place} class="plot" aria-hidden="true" />
      <table class="series">
        <thead>
          <tr>
            <th scope="col">Series</th>
            <th scope="col">Min</th>
            <th scope="col">Mean</th>
            <th scope="col">Max</th>
          </tr>
        </thead>
        <tbody>
          {series.map((one, i) => {
            const values = one.samples.map(({ value = 0 }) => value)
            const mean = values.reduce((sum, value) => sum + value, 0) / values.length
            return (
              <tr
                key={nameOf(one)}
                onMouseEnter={() => focus(i < maxDrawn ? i + 1 : null)}
                onMouseLeave={() => focus(null)}
              >
                <td>
                  <i style={{ background: strokeOf(i) }} /> {nameOf(one)}
                </td>
                {[Math.min(...values), mean, Math.max(...values)].map((value, column) => (
                  <td key={column} class="number">
                    {Number(value.toPrecision(4))}
                  </td>
                ))}
              </tr>
            )
          })}
        </tbody>
      </table>
    </>
  )
}

function nameOf({ labels }: Series): string {
  return labels.map(({ key, value }) => (key === '__name__' ? textOf(value) : `${key}=${textOf(value)}`)).join(', ')
}

function strokeOf(index: number): string {
  return `hsl(${(index * 137.508) % 360} 60% 50%)`
}

function optionsOf(series: readonly Series[], width: number): UPlot.Options {
  const text = getComputedStyle(document.body).color
  const line = getComputedStyle(document.querySelector('header')!).borderBottomColor
  const axis: UPlot.Axis = {
    stroke: text,
    grid: { stroke: line, width: 1 },
    ticks: { stroke: line, width: 1 },
  }
  return {
    width,
    height,
    legend: { show: false },
    focus: { alpha: 0.15 },
    axes: [axis, { ...axis, size: 70 }],
    series: [{}, ...series.slice(0, maxDrawn).map((_, i): UPlot.Series => ({ stroke: strokeOf(i), width: 1.5 }))],
  }
}

/** By time a value a series, null where it has none. */
function dataOf(series: readonly Series[]): UPlot.AlignedData {
  const drawn = series.slice(0, maxDrawn)
  const times = [
    ...new Set(drawn.flatMap(({ samples }) => samples.map(({ timestampMs }) => Number(timestampMs)))),
  ].sort((a, b) => a - b)
  const lines = drawn.map(({ samples }) => {
    const byTime = new Map(samples.map(({ timestampMs, value = 0 }) => [Number(timestampMs), value]))
    return times.map(at => byTime.get(at) ?? null)
  })
  return [times.map(millis => millis / 1000), ...lines]
}
