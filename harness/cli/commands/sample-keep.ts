import type { CommandModule } from 'yargs'
import type { ByteSink } from '../../../lib/bytes/range.ts'
import { LabError } from '../../../lib/error.ts'
import { profiles } from '../../../lib/formats/blockpack/write/config.ts'
import { encodeBlockpack } from '../../../lib/formats/blockpack/write/writer.ts'
import { sampleTraces } from '../../../lib/import/sample.ts'
import { type Policy, parsePolicy, policyNotation, printPolicy } from '../../../lib/sampling/policy.ts'
import type { SampleReport } from '../../../lib/sampling/sample.ts'
import { countWrites } from '../../../lib/storage/counting.ts'
import { leftOutJson, leftOutOf, reportLeftOut } from '../../open/left-out.ts'
import type { TraceSource } from '../../open/source.ts'
import { printPage } from '../../text/page.ts'
import { screenOf } from '../../text/screen.ts'
import { describeSource } from '../../view/report.ts'
import { samplePage } from '../../view/sample-page.ts'
import { capturedFrom, type FormatArguments, formatFlags, inputPositional, pathFlag, text } from '../flags.ts'
import { writeOutput } from '../output.ts'
import { type Answer, jsonFlag, show, type TableArguments, tableFlag, tableFormatOf } from '../show.ts'

interface KeepArguments extends FormatArguments, TableArguments {
  in: string[] | undefined
  policy: Policy
  out: string | undefined
}

export const keepCommand: CommandModule<object, KeepArguments> = {
  command: '$0 <in..>',
  describe: 'Keep some traces, whole and with their weights, in a blockpack file',
  builder: yargs =>
    yargs
      .positional('in', { ...inputPositional, demandOption: true })
      .options(formatFlags)
      .options(tableFlag)
      .options(jsonFlag('print what was kept as JSON'))
      .option('policy', { ...text, describe: `which traces: ${policyNotation}`, default: 'combined', coerce: policyOf })
      .option('out', { ...pathFlag('out', 'blockpack file to write; - for standard output'), demandOption: true })
      .example('$0 sample traces.pb --policy head:1% --out sample.bp', 'one of a hundred, by its randomness')
      .example('$0 sample traces.pb --policy budget:100kB/s --out sample.bp', 'as many as fit, slow ones first'),
  handler: async args => {
    const format = tableFormatOf(args)
    const { policy } = args
    const source = capturedFrom(args.in!, args)
    let report: SampleReport | undefined
    const traces = sampleTraces(source.traces, policy, decided => {
      report = decided
    })
    const storedBytes = await writeOutput(args.out!, args.in!, sink => countBytes(sink, traces))
    const answer = answerOf(source, report!, printPolicy(policy), storedBytes)
    if (args.out === '-') process.stderr.write(printPage(answer.page('table'), 'table', screenOf(process.stderr)))
    else show(answer, format)
    reportLeftOut(leftOutOf(source), args.skipBad)
  },
}

/** A configuration of a collector is for another command. */
function policyOf(given: string): Policy {
  if (/\.ya?ml$/.test(given)) throw new LabError('usage', `policy ${given}: sample what-if replays a collector's YAML`)
  return parsePolicy(given)
}

async function countBytes(sink: ByteSink, traces: Parameters<typeof encodeBlockpack>[0]): Promise<number> {
  const counting = countWrites(sink)
  await encodeBlockpack(traces, counting, profiles.default)
  return counting.byteLength
}

function answerOf(source: TraceSource, report: SampleReport, policy: string, storedBytes: number): Answer {
  const { classes, ...rest } = report
  return {
    page: () => [describeSource(source), ...samplePage(report, policy, storedBytes)],
    json: () => ({
      policy,
      storedBytes,
      classes: Object.fromEntries(classes),
      ...rest,
      ...leftOutJson(leftOutOf(source)),
    }),
  }
}
