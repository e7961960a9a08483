import { readFile, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { type BuildOptions, type BuildResult, build, type Plugin } from 'esbuild'
import { codeName, root, sourcesBelow, workerStart } from './compiled.ts'

const programs = ['harness/cli/cli.ts', 'harness/child.ts', 'lib/worker.ts']

/** The sources of the phases: their file names are the registration. */
export function phaseSources(): string[] {
  return sourcesBelow('phases').filter(path => /^phases\/\d\d-[^/]*$/.test(path))
}

interface Bundle {
  /** JavaScript that gives the root of the sources, or of the package. */
  place: string
  phases: readonly string[]
  isInstalled?: boolean
}

/** Compiles the programs and these phases to one file of modules, in ASCII. */
export async function bundleInto(folder: string, { place, phases, isInstalled = false }: Bundle): Promise<BuildResult> {
  const modules = [...programs, ...phases].map(
    path => `${JSON.stringify(path)}: () => import(${JSON.stringify(`./${path}`)})`,
  )
  const files = JSON.stringify(sourcesBelow('phases'))
  const contents = `import { enterCompiled } from './harness/compile/compiled.ts'
export const modules = enterCompiled({
  folder: __dirname, modules: { ${modules} }, phases: ${files}, isInstalled: ${isInstalled}, importUrl
})`
  const stdin = { contents, resolveDir: root }
  const external = isInstalled ? [...native, ...servers] : native
  const outfile = join(folder, codeName)
  const result = await build({ ...options(place), external, metafile: true, outfile, stdin, write: false })
  await Promise.all(result.outputFiles.map(({ path, text }) => writeFile(path, toAscii(text))))
  return result
}

/** Escapes what the compiler leaves as it is, which is in regular expressions and comments. */
function toAscii(code: string): string {
  return code.replaceAll(/[^\0-\x7f]/g, unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** What Node runs first of a process of ours, and of a thread. */
export const threadStarts = ['harness/start-child.ts', `harness/${workerStart}.ts`]

/** Compiles what Node runs first, a file each. */
export async function compileStarts(folder: string, place: string, starts: string[]): Promise<void> {
  const outExtension = { '.js': '.cjs' }
  await build({ ...options(place), supported: {}, outdir: folder, outExtension, entryPoints: starts })
}

/** Lets a file that asks for its place hear that of its source. */
const sourcePlaces: Plugin = {
  name: 'source places',
  setup({ onLoad }) {
    onLoad({ filter: /\.[cm]?[jt]s$/ }, async ({ path }) => {
      const text = await readFile(path, 'utf8')
      if (!/import\.meta\.(?:url|filename|dirname)/.test(text)) return undefined
      const place = `$place(${JSON.stringify(relative(root, path))})`
      const contents = `const [$sourceUrl, $sourceFile, $sourceFolder] = ${place};${text}`
      return { contents, loader: path.endsWith('ts') ? 'ts' : 'js' }
    })
  },
}

/** Lets packages measure texts by our function: their own takes 30 ms of every start to load. Some call it by require. */
const stringWidth: Plugin = {
  name: 'string width',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^string-width$/ }, () => ({ path: 'string-width', namespace: 'ours' }))
    onLoad({ filter: /.*/, namespace: 'ours' }, () => ({
      contents: "module.exports = require('./harness/text/width.ts').widthOf",
      resolveDir: root,
    }))
  },
}

const placeFunction = (place: string) => `const $place = path => {
  const { dirname, join } = require('node:path')
  const file = join(${place}, path)
  return [require('node:url').pathToFileURL(file).href, file, dirname(file)]
}`

/** Packages with native code, or that few starts need. */
const native = ['@aws-sdk/client-s3', '@bokuweb/zstd-wasm', '@platformatic/kafka', 'esbuild', 'msgpackr', 'tsx']
/**
 * What `serve` listens with: from node_modules, under tsx, it takes 0.6 s of CPU of a start to load. The package leaves it
 * outside: some of what it needs comes without the text of its licence.
 */
const servers = ['@grpc/grpc-js', 'fastify', 'prom-client']

/** One file whose modules are evaluated when they are first loaded. */
const options = (place: string) =>
  ({
    absWorkingDir: root,
    banner: { js: placeFunction(place) },
    bundle: true,
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    charset: 'ascii',
    supported: { 'dynamic-import': false },
    logLevel: 'silent',
    minifyWhitespace: true,
    tsconfigRaw: '{}',
    external: native,
    define: {
      'import.meta.url': '$sourceUrl',
      'import.meta.filename': '$sourceFile',
      'import.meta.dirname': '$sourceFolder',
    },
    plugins: [sourcePlaces, stringWidth],
  }) satisfies BuildOptions
