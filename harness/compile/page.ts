import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from '../../lib/serve/api/page.ts'
import { root, runningFolder } from './compiled.ts'

const pageName = 'page.json'

/** The page of a server: what was compiled with the running code, or compiled now. */
export async function loadPage(): Promise<Page> {
  const folder = runningFolder()
  return folder === undefined
    ? (await compilePage()).page
    : (JSON.parse(readFileSync(join(folder, pageName), 'utf8')) as Page)
}

/** Compiles the page beside the code; gives the files that went into it. */
export async function writePage(folder: string): Promise<string[]> {
  const { page, inputs } = await compilePage()
  writeFileSync(join(folder, pageName), JSON.stringify(page))
  return inputs
}

/** One HTML file, and the policy by which nothing else runs in it. */
async function compilePage(): Promise<{ page: Page; inputs: string[] }> {
  const { build } = await import('esbuild')
  const { outputFiles, metafile } = await build({
    absWorkingDir: root,
    entryPoints: ['lib/serve/page/page.tsx'],
    outdir: '.',
    bundle: true,
    minify: true,
    write: false,
    metafile: true,
    format: 'iife',
    target: 'es2022',
    charset: 'utf8',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    logLevel: 'silent',
    tsconfigRaw: '{}',
  })
  const textOf = (suffix: string) => outputFiles.find(({ path }) => path.endsWith(suffix))!.text
  const [script, style] = [textOf('.js').replaceAll('</', '<\\/'), textOf('.css')]
  const page = {
    html: `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Traces</title><link rel="icon" href="data:,"><style>${style}</style></head><body><script>${script}</script></body></html>`,
    policy: `default-src 'none'; connect-src 'self'; img-src data:; script-src '${hashOf(script)}'; style-src '${hashOf(style)}'; style-src-attr 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  }
  return { page, inputs: Object.keys(metafile.inputs) }
}

function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`
}
