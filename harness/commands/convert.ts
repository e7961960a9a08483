import type { CommandModule } from 'yargs'
import type { ByteSink } from '../../lib/bytes/range.ts'
import type { Trace } from '../../lib/model/trace.ts'
import { writeTraces } from '../../lib/ndjson/print.ts'
import { writeOtlpJson } from '../../lib/otlp/json.ts'
import { writeOtlpProto } from '../../lib/otlp/proto.ts'
import { writeLocal } from '../../lib/storage/local.ts'
import { capturedFrom, type FormatArguments, formatFlags, pathFlag, progressFlag, text } from '../flags.ts'
import { oneOf } from '../options.ts'
import { printBad, printSource } from '../report/report.ts'
import { stdoutSink } from '../stdout.ts'

type Write = (batches: AsyncIterable<readonly Trace[]>, sink: ByteSink) => Promise<void>

/** What traces can be written as. */
const writers: Readonly<Record<string, Write>> = {
  'otlp-json': writeOtlpJson,
  'otlp-proto': writeOtlpProto,
  ndjson: writeTraces,
}
const writerNames = Object.keys(writers)

interface ConvertArguments extends FormatArguments {
  in: string[]
  to: string | undefined
  out: string | undefined
  progress: boolean
}

export const convert: CommandModule<object, ConvertArguments> = {
  command: 'convert <in..>',
  describe: 'Write captures in another format, the spans of each trace together',
  builder: yargs =>
    yargs
      .positional('in', { describe: 'files, folders or - to read', type: 'string', array: true, demandOption: true })
      .options(formatFlags)
      .option('to', {
        ...text,
        describe: `format to write: ${writerNames.join(', ')}`,
        demandOption: true,
        coerce: oneOf('to', writerNames),
      })
      .option('out', { ...pathFlag('out', 'file to write; - for standard output'), demandOption: true })
      .options(progressFlag)
      .example('$0 convert jaeger.json --to otlp-proto --out traces.pb', 'Jaeger to OTLP'),
  handler: async args => {
    const source = capturedFrom(args.in, args)
    const write = writers[args.to!]!
    if (args.out === '-') await write(source.traces, stdoutSink)
    else await writeLocal(args.out!, sink => write(source.traces, sink))
    const told = args.progress ? printSource(source) : printBad(source.bad())
    for (const line of told) process.stderr.write(`${line}\n`)
  },
}
