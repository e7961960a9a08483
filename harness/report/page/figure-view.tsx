import { useEffect, useRef } from 'preact/hooks'
import type { Figure } from '../../charts/figure.ts'
import { drawSoon } from './drawing.ts'

/** A picture that names what the pointer is at. What it shows stands in a table as well, for who does not see it. */
export function FigureView({ figure }: { figure: Figure }) {
  const place = useRef<HTMLDivElement>(null)
  useEffect(
    () =>
      drawSoon(plot => {
        const picture = plot.plot({ ...figure.describe(plot), style: { fontSize: '12px', background: 'none' } })
        picture.setAttribute('aria-hidden', 'true')
        place.current?.replaceChildren(picture)
      }),
    [figure],
  )
  return (
    <figure>
      <figcaption>
        <b>{figure.title}</b> {figure.subtitle}
      </figcaption>
      {figure.legend !== undefined && (
        <ul class="legend">
          {figure.legend.map(({ name, color, isFilled }) => (
            <li key={name}>
              <svg width="12" height="12" aria-hidden="true">
                <circle cx="6" cy="6" r="4" fill={isFilled ? color : 'none'} stroke={color} />
              </svg>{' '}
              {name}
            </li>
          ))}
        </ul>
      )}
      <div ref={place} class="picture" role="img" aria-label={`${figure.title}; ${figure.subtitle}`} />
    </figure>
  )
}
