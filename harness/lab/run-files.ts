import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { LabError, systemError } from '../../lib/error.ts'
import { makeFolder, probeFolder } from '../../lib/storage/folder.ts'
import { writeNew, writeText } from '../../lib/storage/local-write.ts'
import { drawSvg } from '../charts/svg.ts'
import { renderHtml } from '../report/html.ts'
import { type Run, runSchema } from '../runs/run-schema.ts'
import { renderRun } from '../view/report.ts'
import { chartsOf } from '../view/run-charts.ts'

/**
 * Adds the run to `folder`/runs, under its date, and, where all phases ran on all of the input, renders the page
 * `folder`/<name>.md anew, with its charts beside it. Returns the paths written.
 */
export async function saveRun(run: Run, folder: string, isComplete: boolean): Promise<string[]> {
  const runs = join(folder, 'runs')
  makeFolder(runs)
  const stamp = run.environment.date.replace(/\.\d+Z$/, 'Z').replaceAll(':', '')
  const names = numbered(join(runs, `${stamp}-${run.input.name}`), '.json')
  const raw = await writeNew(runs, names, sink => sink.write(Buffer.from(printJson(run))))
  if (!isComplete) return [raw]
  const { name } = run.input
  const files: Record<string, string> = {
    [`${name}.md`]: renderRun(run),
    [`${name}.html`]: await renderHtml([run], name),
  }
  for (const [file, figure] of Object.entries(chartsOf(run))) files[file] = await drawSvg(figure)
  const paths = Object.keys(files).map(file => join(folder, file))
  await Promise.all(Object.values(files).map((text, i) => writeText(paths[i]!, text)))
  return [raw, ...paths]
}

/** The names of files that would else have the same one: of runs that end in the same second. */
function* numbered(stem: string, suffix: string): Iterable<string> {
  yield stem + suffix
  for (let number = 2; ; number++) yield `${stem}-${number}${suffix}`
}

/** Throws where results cannot be written, before anything is spent on them. */
export function probeResults(folder: string): void {
  probeFolder(folder)
  probeFolder(join(folder, 'runs'))
}

/** The run as JSON. */
export function printJson(run: Run): string {
  return `${JSON.stringify(run, null, 2)}\n`
}

/** Reads a run that was saved, and checks it. */
export async function readRun(path: string): Promise<Run> {
  const text = await readFile(path, 'utf8').catch(error => {
    throw systemError(path, error)
  })
  const result = runSchema.safeParse(parseJson(path, text))
  if (result.success) return result.data
  const { path: place, message } = result.error.issues[0]!
  throw new LabError('invalid', `${path}: is no run: /${place.join('/')}: ${message}`)
}

function parseJson(path: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new LabError('invalid', `${path}: ${(cause as Error).message}`, { cause })
  }
}
