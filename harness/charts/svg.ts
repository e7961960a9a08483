import { escapeMarkup } from '../text/markup.ts'
import type { Figure, LegendEntry } from './figure.ts'

const titleHeight = 56
/** Of a line of the legend, which has two entries. */
const legendHeight = 18

/** A figure as an SVG file. The libraries are loaded by the first one. */
export async function drawSvg({ title, subtitle, describe, legend = [] }: Figure): Promise<string> {
  const [plot, { parseHTML }] = await Promise.all([import('./plot.ts'), import('linkedom')])
  const { document } = parseHTML('<!doctype html><html><body></body></html>')
  const picture = plot.plot({ ...describe(plot), document, style: { fontSize: '12px', color: '#1c1f24' } })
  const [width, height] = ['width', 'height'].map(name => Number(picture.getAttribute(name))) as [number, number]
  const headHeight = titleHeight + legendHeight * Math.ceil(legend.length / 2)
  picture.setAttribute('xmlns', 'http://www.w3.org/2000/svg')
  picture.setAttribute('y', String(headHeight))
  const head = (y: number, attributes: string, content: string) =>
    `<text x="14" y="${y}" ${attributes}>${escapeMarkup(content)}</text>`
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height + headHeight}" font-family="system-ui, sans-serif" font-size="12">`,
    `<rect width="100%" height="100%" fill="#fff"/>`,
    head(26, 'font-size="16" font-weight="600"', title),
    head(44, 'fill="#555"', subtitle),
    ...legend.map((entry, i) => drawEntry(entry, 20 + (i % 2) * (width / 2), titleHeight + legendHeight * (i >> 1))),
    rounded(picture.outerHTML).replaceAll('><', '>\n<'),
    '</svg>',
  ].join('\n')}\n`
}

function drawEntry({ name, color, isFilled }: LegendEntry, x: number, y: number): string {
  const fill = isFilled ? color : '#fff'
  return `<circle cx="${x}" cy="${y + 8}" r="4" fill="${fill}" stroke="${color}"/><text x="${x + 10}" y="${y + 12}">${escapeMarkup(name)}</text>`
}

/** Hundredths of a pixel are enough. */
function rounded(svg: string): string {
  return svg.replaceAll(/\d+\.\d{3,}/g, digits => String(Math.round(Number(digits) * 100) / 100))
}
