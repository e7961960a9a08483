import type { CommandModule } from 'yargs'
import type { ByteSink } from '../../../lib/bytes/range.ts'
import { LabError } from '../../../lib/error.ts'
import { encodeBlockpack } from '../../../lib/formats/blockpack/write/writer.ts'
import { writeTraces } from '../../../lib/formats/ndjson/print.ts'
import { writeOtlpJson } from '../../../lib/formats/otlp/json.ts'
import { writeOtlpProto } from '../../../lib/formats/otlp/proto.ts'
import type { Trace } from '../../../lib/model/trace.ts'
import { surrogateRefusal } from '../../../lib/wire/protobuf/surrogate.ts'
import { leftOutOf, reportLeftOut } from '../../open/left-out.ts'
import { describeSource } from '../../view/report.ts'
import { type BlockpackArguments, blockpackConfigFrom, blockpackFlags, withBlockpackFlags } from '../blockpack-flags.ts'
import {
  capturedFrom,
  type FormatArguments,
  formatFlags,
  inputPositional,
  pathFlag,
  progressFlag,
  text,
} from '../flags.ts'
import { oneOf } from '../options.ts'
import { writeOutput } from '../output.ts'

type Write = (batches: AsyncIterable<readonly Trace[]>, sink: ByteSink) => Promise<void>

/** What traces can be written as. */
const writers: Readonly<Record<string, (args: BlockpackArguments) => Promise<Write>>> = {
  'otlp-json': async () => writeOtlpJson,
  'otlp-proto': async () => writeOtlpProto,
  ndjson: async () => writeTraces,
  blockpack: async args => {
    const config = await blockpackConfigFrom(args)
    return (batches, sink) => encodeBlockpack(batches, sink, config)
  },
}
const writerNames = Object.keys(writers)

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
      .option('to', {
        ...text,
        describe: `format to write: ${writerNames.join(', ')}`,
        demandOption: true,
        coerce: oneOf('to', writerNames),
      })
      .option('out', { ...pathFlag('out', 'file to write; - for standard output'), demandOption: true })
      .options(progressFlag)
      .example('$0 convert jaeger.json --to otlp-proto --out traces.pb', 'Jaeger to OTLP')
      .example('$0 convert traces/ --to blockpack --profile max-compression --out traces.bp', 'a block to search'),
  handler: async args => {
    if (args.to !== 'blockpack') refuseBlockpackFlags(args)
    const source = capturedFrom(args.in!, args, args.to === 'otlp-proto' ? surrogateRefusal : undefined)
    const write = await writers[args.to!]!(args)
    await writeOutput(args.out!, args.in!, sink => write(source.traces, sink))
    if (args.progress) process.stderr.write(`${describeSource(source)}\n`)
    reportLeftOut(leftOutOf(source), args.skipBad)
  },
}

function refuseBlockpackFlags(args: ConvertArguments): void {
  const given = args as unknown as Record<string, unknown>
  for (const flag of Object.keys(blockpackFlags))
    if (given[flag] !== undefined) throw new LabError('usage', `--${flag}: goes with --to blockpack`)
}
