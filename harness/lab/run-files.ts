import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { LabError, naming, systemError } from '../../lib/error.ts'
import { makeFolder, probeFolder } from '../../lib/storage/folder.ts'
import { writeNew, writeText } from '../../lib/storage/local-write.ts'
import { drawSvg } from '../charts/svg.ts'
import { renderHtml } from '../report/html.ts'
import { type Measurement, parseMeasurement, printMeasurement } from '../runs/measurement-schema.ts'
import { pageName } from '../runs/page-name.ts'
import type { Run } from '../runs/run-schema.ts'
import { printMarkdownPage } from '../text/page.ts'
import { benchDocument } from '../view/bench-documents.ts'
import { type Document, isPicture, linkPictures, pictureFile } from '../view/document.ts'
import { runDocument } from '../view/report.ts'

/**
 * Adds the measurement to `folder`/runs, under its date, and, where it is complete (of phases: all of them on all of the
 * input), renders its pages anew, of Markdown with their pictures and of HTML. Returns the paths written.
 */
export async function saveMeasurement(measurement: Measurement, folder: string, isComplete = true): Promise<string[]> {
  const runs = join(folder, 'runs')
  makeFolder(runs)
  const name = pageName(measurement)
  const stamp = measurement.environment.date.replace(/\.\d+Z$/, 'Z').replaceAll(':', '')
  const names = numbered(join(runs, `${stamp}-${name}`), '.json')
  const raw = await writeNew(runs, names, sink => sink.write(Buffer.from(printMeasurement(measurement))))
  if (!isComplete) return [raw]
  const page = join(folder, `${name}.html`)
  await writeText(page, await renderHtml([measurement], name))
  return [raw, ...(await saveDocument(documentOf(measurement), folder, name)), page]
}

/** Writes the page `folder`/<name>.md with its pictures beside it. Returns the paths written. */
export async function saveDocument(document: Document, folder: string, name: string): Promise<string[]> {
  makeFolder(folder)
  const files = { [`${name}.md`]: printMarkdownPage(linkPictures(name, document)) }
  for (const part of document) if (isPicture(part)) files[pictureFile(name, part)] = await drawSvg(part.figure)
  return Promise.all(
    Object.entries(files).map(async ([file, text]) => {
      await writeText(join(folder, file), text)
      return join(folder, file)
    }),
  )
}

/** The committed page of a measurement. */
export function documentOf(measurement: Measurement): Document {
  return measurement.kind === 'phases' ? runDocument(measurement) : benchDocument(measurement)
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

/** Reads a measurement that was saved, and checks it. */
export async function readMeasurement(path: string): Promise<Measurement> {
  const text = await readFile(path, 'utf8').catch(error => {
    throw systemError(path, error)
  })
  return naming(path, () => parseMeasurement(text))
}

/** Reads a run of phases. */
export async function readRun(path: string): Promise<Run> {
  const measurement = await readMeasurement(path)
  if (measurement.kind === 'phases') return measurement
  throw new LabError('invalid', `${path}: is of bench ${measurement.kind}, not of phases`)
}
