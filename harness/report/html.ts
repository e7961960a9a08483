import { gzipSync } from 'node:zlib'
import { hashOf, loadCompiled } from '../compile/page.ts'
import type { Measurement } from '../runs/measurement-schema.ts'
import { escapeMarkup } from '../text/markup.ts'

/**
 * Runs as one file of HTML that needs nothing else: tables, pictures, comparisons. Nothing but its own script runs in it,
 * whatever names the runs have.
 */
export async function renderHtml(runs: readonly Measurement[], title: string): Promise<string> {
  const [{ script, style }, plot] = await Promise.all([loadCompiled('report'), loadCompiled('plot')])
  const data = gzipSync(JSON.stringify(runs), { level: 9 }).toString('base64')
  const policy = `default-src 'none'; img-src data:; script-src '${hashOf(script)}' '${hashOf(plot.script)}'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'`
  return [
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">',
    `<meta http-equiv="Content-Security-Policy" content="${policy}">`,
    `<title>${escapeMarkup(title)}</title><link rel="icon" href="data:,"><style>${style}</style></head><body>`,
    '<noscript>The tables and pictures of this page are drawn by a script, which is in the file itself.</noscript>',
    '<main id="page"></main>',
    `<script type="text/plain" id="runs">${data}</script>`,
    `<script type="text/plain" id="plot">${plot.script}</script>`,
    `<script>${script}</script></body></html>\n`,
  ].join('\n')
}
