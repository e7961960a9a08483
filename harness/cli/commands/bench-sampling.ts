import { readFile } from 'node:fs/promises'
import type { CommandModule } from 'yargs'
import type { FaultLabel } from '../../../generator/names.ts'
import { LabError, systemError } from '../../../lib/error.ts'
import { probeFolder } from '../../../lib/storage/folder.ts'
import { measureCoverage } from '../../bench/loss/coverage.ts'
import { measureFaults } from '../../bench/loss/faults.ts'
import { type SamplingBench, samplingDocument, samplingPage } from '../../bench/loss/sampling-report.ts'
import { saveDocument } from '../../lab/run-files.ts'
import { holdTraces } from '../../open/hold.ts'
import { leftOutJson, leftOutOf, reportLeftOut } from '../../open/left-out.ts'
import type { TraceSource } from '../../open/source.ts'
import { describeSource, printSource } from '../../view/report.ts'
import {
  pathFlag,
  progressFlag,
  progressFrom,
  resultsFlag,
  resultsFolder,
  type SourceArguments,
  sourceFlags,
  sourceFrom,
} from '../flags.ts'
import { jsonFlag, show, type TableArguments, tableFormatOf } from '../show.ts'

interface SamplingArguments extends SourceArguments, TableArguments {
  labels: string | undefined
  progress: boolean
  results: string | undefined
}

export const sampling: CommandModule<object, SamplingArguments> = {
  command: 'sampling',
  describe: 'How often the bounds of samples hold the truth, and which labelled faults samples still show',
  builder: yargs =>
    yargs
      .options({ ...sourceFlags, ...progressFlag, ...resultsFlag, ...jsonFlag('print all of it as JSON') })
      .option('labels', pathFlag('labels', 'JSON file of the faults in the input, as generate --faults-out writes it'))
      .example('$0 bench sampling --size big --faults all', 'generated faults, of which the truth is known'),
  handler: async args => {
    const format = tableFormatOf(args)
    const folder = args.results ?? resultsFolder
    probeFolder(folder)
    const given = args.labels === undefined ? undefined : await readLabels(args.labels)
    const source = sourceFrom(args)
    const traces = await holdTraces(source.traces, describeSource(source))
    const progress = progressFrom(args)
    const labels = given ?? labelsOf(source)
    const result: SamplingBench = {
      coverage: await measureCoverage(traces, progress),
      faults: labels.length === 0 ? undefined : await measureFaults(traces, labels, progress),
    }
    show(
      {
        page: () => [describeSource(source), ...samplingPage(result)],
        json: () => ({ source: source.title, ...result, ...leftOutJson(leftOutOf(source)) }),
      },
      format,
    )
    const document = samplingDocument(source.title, printSource(source), result)
    const saved = await saveDocument(document, folder, `${source.name}-sampling`)
    if (args.progress) process.stderr.write(`saved ${saved.join(', ')}\n`)
    reportLeftOut(leftOutOf(source), args.skipBad)
  },
}

function labelsOf(source: TraceSource): FaultLabel[] {
  return source.faults?.().filter(({ startNanos }) => startNanos !== '') ?? []
}

/** The faults of a file. */
async function readLabels(path: string): Promise<FaultLabel[]> {
  const text = await readFile(path, 'utf8').catch(error => {
    throw systemError(path, error)
  })
  const wrong = (reason: string) =>
    new LabError('invalid', `${path}: ${reason}; generate --faults-out writes such files`)
  let faults: unknown
  try {
    faults = (JSON.parse(text) as { faults?: unknown } | null)?.faults
  } catch {
    throw wrong('not JSON')
  }
  if (!Array.isArray(faults)) throw wrong('expected a list as member faults')
  for (const [i, fault] of faults.entries()) {
    const { name, service, startNanos, endNanos, traceIds } = (fault ?? {}) as Partial<
      Record<keyof FaultLabel, unknown>
    >
    const isTime = [startNanos, endNanos].every(time => typeof time === 'string' && /^\d+$/.test(time))
    if (typeof name !== 'string' || typeof service !== 'string' || !isTime || !Array.isArray(traceIds))
      throw wrong(
        `faults[${i}] needs the texts name and service, startNanos and endNanos as digits, and a list traceIds`,
      )
  }
  return faults as FaultLabel[]
}
