import type { CommandModule } from 'yargs'
import { writeOtlpJson } from '../../../lib/formats/otlp/json.ts'
import { joinSpellings } from '../../../lib/model/trace-id.ts'
import { findTrace } from '../../open/find-trace.ts'
import { screenOf } from '../../text/screen.ts'
import { printWaterfall } from '../../view/waterfall/print.ts'
import { spanTable } from '../../view/waterfall/span-table.ts'
import { formatFlags, inputPositional, textPositional } from '../flags.ts'
import { jsonFlag, show, type TableArguments, tableFlag, tableFormatOf } from '../show.ts'
import { stdoutSink } from '../stdout.ts'

interface TraceArguments extends TableArguments {
  id: string | undefined
  in: string[] | undefined
  skipBad?: boolean | undefined
}

/** The width where nobody looks at a terminal. */
const usualWidth = 120

export const trace: CommandModule<object, TraceArguments> = {
  command: 'trace <id> <in..>',
  describe: 'Show one trace: its spans as a tree with their times; spans in several files are joined',
  builder: yargs =>
    yargs
      .positional('id', { ...textPositional, describe: 'trace id in hex; leading zeros may be left out' })
      .positional('in', { ...inputPositional, describe: 'blockpack files (by their index), or any captures' })
      .option('skip-bad', formatFlags['skip-bad'])
      .options({ ...tableFlag, ...jsonFlag('print the trace as OTLP JSON, and nothing else') })
      .example('$0 trace 5b8efff798038103d269b633813fc60c traces.bp', 'a waterfall at the terminal')
      .example('$0 trace 5b8efff798038103d269b633813fc60c a.bp b.bp --json > trace.json', 'as OTLP JSON'),
  handler: async args => {
    const format = tableFormatOf(args)
    const found = await findTrace(args.id!, args.in!, args.skipBad)
    if (format === 'json') return writeOtlpJson(once(found), stdoutSink)
    const { width = usualWidth, hasColors } = screenOf(process.stdout)
    const trace = joinSpellings(found)
    if (format !== 'table') return show({ page: () => [spanTable(trace)] }, format)
    const lines = [...printWaterfall(trace, { width: Math.max(60, width), hasColors })]
    await stdoutSink.write(Buffer.from(`${lines.join('\n')}\n`))
  },
}

async function* once<T>(item: T): AsyncIterable<T> {
  yield item
}
