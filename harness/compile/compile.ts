import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type BuildOptions, build, type Plugin, stop } from 'esbuild'
import { cacheFolder, codeName, inventoryName, isWhole, root, sourcesBelow } from './compiled.ts'

const programs = ['harness/cli/cli.ts', 'harness/child.ts']
const unusedMillis = 24 * 3_600_000

/** Compiles the programs and the phases into the folder; throws where a source or the disk does not let it. */
export async function compile(folder: string): Promise<void> {
  mkdirSync(cacheFolder, { recursive: true })
  removeUnused()
  const temporary = mkdtempSync(`${folder}-`)
  try {
    await compileInto(temporary, folder)
    writeInventory(temporary)
    replace(folder, temporary)
  } finally {
    await stop()
    rmSync(temporary, { recursive: true, force: true })
  }
}

/** A phase that does not compile is left out: it becomes a problem of its own when its source is loaded. */
async function compileInto(temporary: string, folder: string): Promise<void> {
  const phases = sourcesBelow('phases').filter(path => /^phases\/\d\d-[^/]*$/.test(path))
  const bundle = (paths: readonly string[]) =>
    build({ ...options, outfile: join(temporary, codeName), stdin: entryOf(paths, folder) })
  await bundle([...programs, ...phases]).catch(async () => {
    const alone = await Promise.allSettled(phases.map(path => bundle([path])))
    await bundle([...programs, ...phases.filter((_, i) => alone[i]!.status === 'fulfilled')])
  })
  await build({
    ...options,
    supported: {},
    outdir: temporary,
    outExtension: { '.js': '.cjs' },
    entryPoints: ['harness/start-child.ts'],
  })
}

function entryOf(paths: readonly string[], folder: string): NonNullable<BuildOptions['stdin']> {
  const modules = paths.map(path => `${JSON.stringify(path)}: () => import(${JSON.stringify(`./${path}`)})`)
  const contents = `import { enterCompiled } from './harness/compile/compiled.ts'
export const modules = enterCompiled(${JSON.stringify(folder)}, { ${modules} }, importUrl)`
  return { contents, resolveDir: root }
}

/** Lets a file that asks for its place hear that of its source. */
const sourcePlaces: Plugin = {
  name: 'source places',
  setup({ onLoad }) {
    onLoad({ filter: /\.[cm]?[jt]s$/ }, async ({ path }) => {
      const text = await readFile(path, 'utf8')
      if (!/import\.meta\.(?:url|filename|dirname)/.test(text)) return undefined
      const places = [pathToFileURL(path).href, path, dirname(path)].map(place => JSON.stringify(place))
      const contents = `const [$sourceUrl, $sourceFile, $sourceFolder] = [${places}];${text}`
      return { contents, loader: path.endsWith('ts') ? 'ts' : 'js' }
    })
  },
}

/** One file whose modules are evaluated when they are first loaded. Packages with native code stay outside. */
const options = {
  absWorkingDir: root,
  bundle: true,
  format: 'cjs',
  platform: 'node',
  target: 'node20',
  charset: 'ascii',
  supported: { 'dynamic-import': false },
  logLevel: 'silent',
  tsconfigRaw: '{}',
  external: ['@bokuweb/zstd-wasm', 'esbuild', 'msgpackr', 'tsx'],
  define: {
    'import.meta.url': '$sourceUrl',
    'import.meta.filename': '$sourceFile',
    'import.meta.dirname': '$sourceFolder',
  },
  plugins: [sourcePlaces],
} satisfies BuildOptions

function writeInventory(folder: string): void {
  const sizes = readdirSync(folder).map(name => [name, statSync(join(folder, name)).size])
  writeFileSync(join(folder, inventoryName), JSON.stringify(Object.fromEntries(sizes)))
}

/** Where another program was faster, its folder is as good. */
function replace(folder: string, temporary: string): void {
  if (existsSync(folder) && !isWhole(folder)) rmSync(folder, { recursive: true, force: true })
  try {
    renameSync(temporary, folder)
  } catch (error) {
    if (!isWhole(folder)) throw error
  }
}

/** Removes what no program has started from for a day. */
function removeUnused(): void {
  for (const name of readdirSync(cacheFolder)) {
    const path = join(cacheFolder, name)
    const usedMillis = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0
    if (Date.now() - usedMillis > unusedMillis) rmSync(path, { recursive: true, force: true })
  }
}
