import type { CommandModule } from 'yargs'
import { LabError } from '../../../lib/error.ts'
import { encodeBlockpack } from '../../../lib/formats/blockpack/write/writer.ts'
import { formatNamed, formats } from '../../../lib/formats/formats.ts'
import { leftOutOf, reportLeftOut } from '../../open/left-out.ts'
import { describeSource } from '../../view/report.ts'
import { type BlockpackArguments, blockpackConfigFrom, blockpackFlags, withBlockpackFlags } from '../blockpack-flags.ts'
import {
  capturedFrom,
  type FormatArguments,
  formatFlags,
  formatNames,
  inputPositional,
  pathFlag,
  progressFlag,
} from '../flags.ts'
import { choice } from '../options.ts'
import { writeOutput } from '../output.ts'

const writerNames = formats.filter(({ write }) => write !== undefined).map(({ name }) => name)

interface ConvertArguments extends FormatArguments, BlockpackArguments {
  in: string[] | undefined
  to: string | undefined
  out: string | undefined
  progress: boolean
}

export const convert: CommandModule<object, ConvertArguments> = {
  command: 'convert <in..>',
  describe: 'Write captures in another format, the spans of each trace together',
  builder: yargs =>
    withBlockpackFlags(yargs, 'With --to blockpack:')
      .positional('in', { ...inputPositional, demandOption: true })
      .options(formatFlags)
      .option('format', choice('format', formatNames, 'as --input-format'))
      .option('to', { ...choice('to', writerNames, 'format to write'), demandOption: true })
      .option('out', { ...pathFlag('out', 'file to write; - for standard output'), demandOption: true })
      .options(progressFlag)
      .example('$0 convert jaeger.json --to otlp-proto --out traces.pb', 'Jaeger to OTLP')
      .example('$0 convert traces/ --to blockpack --profile max-compression --out traces.bp', 'a block to search'),
  handler: async args => {
    if (args.to !== 'blockpack') refuseBlockpackFlags(args)
    const { write, refusal } = formatNamed(args.to!)
    const config = args.to === 'blockpack' ? await blockpackConfigFrom(args) : undefined
    const source = capturedFrom(args.in!, args, refusal)
    await writeOutput(args.out!, args.in!, sink =>
      config === undefined ? write!(source.traces, sink) : encodeBlockpack(source.traces, sink, config),
    )
    if (args.progress) process.stderr.write(`${describeSource(source)}\n`)
    reportLeftOut(leftOutOf(source), args.skipBad)
  },
}

function refuseBlockpackFlags(args: ConvertArguments): void {
  const given = args as unknown as Record<string, unknown>
  for (const flag of Object.keys(blockpackFlags))
    if (given[flag] !== undefined) throw new LabError('usage', `--${flag}: goes with --to blockpack`)
}
