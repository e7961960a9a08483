import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from '../../lib/serve/api/page.ts'
import { root, runningFolder } from './compiled.ts'

/** The pages that are compiled, and the library that one of them draws with, by the names of their files. */
const entries = {
  store: 'lib/serve/page/page.tsx',
  report: 'harness/report/page/page.tsx',
  plot: 'harness/charts/plot.ts',
} as const

/** What a page is made of, in one piece each. */
export interface CompiledPage {
  readonly script: string
  readonly style: string
}

/** The page of a server, and the policy by which nothing else runs in it. */
export async function loadPage(): Promise<Page> {
  const { script, style } = await loadCompiled('store')
  return {
    html: `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Traces</title><link rel="icon" href="data:,"><style>${style}</style></head><body><script>${script}</script></body></html>`,
    policy: `default-src 'none'; connect-src 'self'; img-src data:; script-src '${hashOf(script)}'; style-src '${hashOf(style)}'; style-src-attr 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  }
}

const loaded = new Map<keyof typeof entries, Promise<CompiledPage>>()

/** What was compiled with the running code, or is compiled now, once. */
export function loadCompiled(name: keyof typeof entries): Promise<CompiledPage> {
  const known = loaded.get(name) ?? load(name)
  loaded.set(name, known)
  return known
}

async function load(name: keyof typeof entries): Promise<CompiledPage> {
  const folder = runningFolder()
  return folder === undefined
    ? (await compilePage(entries[name])).page
    : (JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8')) as CompiledPage)
}

/** Compiles the pages beside the code; gives the files that went into them. */
export async function writePages(folder: string): Promise<string[]> {
  const compiled = await Promise.all(Object.entries(entries).map(([name, entry]) => writePage(folder, name, entry)))
  return compiled.flat()
}

async function writePage(folder: string, name: string, entry: string): Promise<string[]> {
  const { page, inputs } = await compilePage(entry)
  writeFileSync(join(folder, `${name}.json`), JSON.stringify(page))
  return inputs
}

async function compilePage(entry: string): Promise<{ page: CompiledPage; inputs: string[] }> {
  const { build } = await import('esbuild')
  const { outputFiles, metafile } = await build({
    absWorkingDir: root,
    entryPoints: [entry],
    outdir: '.',
    bundle: true,
    minify: true,
    write: false,
    metafile: true,
    format: 'iife',
    globalName: 'plot',
    target: 'es2022',
    charset: 'utf8',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    logLevel: 'silent',
    tsconfigRaw: '{}',
  })
  const textOf = (suffix: string) => outputFiles.find(({ path }) => path.endsWith(suffix))?.text ?? ''
  const page = { script: textOf('.js').replaceAll('</', '<\\/'), style: textOf('.css') }
  return { page, inputs: Object.keys(metafile.inputs) }
}

/** As a content security policy names a script or style. */
export function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`
}
