import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import { Worker } from 'node:worker_threads'

let compiledEntry: string | undefined

/**
 * Twice as much as by default: of a page group that is read and written little outlives it, and what is collected while it
 * is in use is copied for nothing. Compactions of otel and hipstershop took 5 to 10 % less CPU.
 */
const resourceLimits = { maxYoungGenerationSizeMb: 96 }

/** Called by code that was compiled into one file: the file that a worker runs. Undefined for lib/worker.ts again. */
export function startWorkersFrom(entry: string | undefined): void {
  compiledEntry = entry
}

/** Starts a thread that runs lib/worker.ts: as part of a compiled program, of the built library, or from its source. */
export function startWorker(): Worker {
  const options = { execArgv: [], resourceLimits }
  if (compiledEntry !== undefined) return new Worker(compiledEntry, options)
  if (!import.meta.url.endsWith('.ts')) return new Worker(new URL('../worker.js', import.meta.url), options)
  return new Worker(sourceStart(new URL('../worker.ts', import.meta.url)), { ...options, eval: true })
}

/** Sources take a loader, which must be there before the first of them: Node 20 does not pass it on to threads. */
function sourceStart(entry: URL): string {
  const loader = createRequire(import.meta.url).resolve('tsx')
  const api = new URL('esm/api/index.mjs', pathToFileURL(loader))
  return `import(${JSON.stringify(api)}).then(({ register }) => { register(); return import(${JSON.stringify(entry)}) })`
}
