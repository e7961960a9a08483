import { gzipSync } from 'node:zlib'
import { hashOf, loadCompiled } from '../compile/page.ts'
import type { Run } from '../runs/run-schema.ts'
import { escapeMarkup } from '../text/markup.ts'

/**
 * Runs as one file of HTML that needs nothing else: tables, pictures, comparisons. Nothing but its own script runs in it,
 * whatever names the runs have.
 */
export async function renderHtml(runs: readonly Run[], title: string): Promise<string> {
  const { script, style } = await loadCompiled('report')
  const data = gzipSync(JSON.stringify(runs), { level: 9 }).toString('base64')
  const policy = `default-src 'none'; img-src data:; script-src '${hashOf(script)}'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'`
  return [
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">',
    `<meta http-equiv="Content-Security-Policy" content="${policy}">`,
    `<title>${escapeMarkup(title)}</title><link rel="icon" href="data:,"><style>${style}</style></head><body>`,
    '<noscript>The tables and pictures of this page are drawn by a script, which is in the file itself.</noscript>',
    '<main id="page"></main>',
    `<script type="text/plain" id="runs">${data}</script>`,
    `<script>${script}</script></body></html>\n`,
  ].join('\n')
}
