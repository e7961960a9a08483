import type { CommandModule } from 'yargs'
import { LabError } from '../../../lib/error.ts'
import { encodeBlockpack } from '../../../lib/formats/blockpack/write/writer.ts'
import { formatNamed, formats } from '../../../lib/formats/formats.ts'
import type { Version } from '../../../lib/formats/vparquet/meta.ts'
import { writeFlat } from '../../../lib/import/tables.ts'
import { defaultTiers, parseTiers } from '../../../lib/tiers/tier-list.ts'
import { encodeTiers } from '../../../lib/tiers/write.ts'
import { surrogateRefusal } from '../../../lib/wire/protobuf/surrogate.ts'
import { leftOutOf, reportLeftOut } from '../../open/left-out.ts'
import type { Target, TraceSource } from '../../open/source.ts'
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
  tiersFlag,
} from '../flags.ts'
import { choice } from '../options.ts'
import { writeOutput } from '../output.ts'
import { blockVersions, type TempoBlockArguments, tempoBlockFlags, writeTempoBlock } from '../tempo-block.ts'
import { type WorkersArguments, withWorkers, workersFlag } from '../workers.ts'

const fileNames = formats.filter(({ write }) => write !== undefined).map(({ name }) => name)
const targets = [...fileNames, 'parquet', 'tiers', ...Object.keys(blockVersions)]

/** A table of spans, which takes all spans before it writes any. */
const table: Target = { name: 'parquet', write: writeFlat, refusal: surrogateRefusal }

interface ConvertArguments extends FormatArguments, BlockpackArguments, TempoBlockArguments, WorkersArguments {
  tiers?: string | undefined
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
      .options(tempoBlockFlags)
      .group(Object.keys(tempoBlockFlags), 'With --to vparquet4 or vparquet5 (and --config):')
      .options(tiersFlag)
      .group(Object.keys(tiersFlag), 'With --to tiers:')
      .positional('in', { ...inputPositional, demandOption: true })
      .options(formatFlags)
      .option('format', choice('format', formatNames, 'as --input-format'))
      .option('to', { ...choice('to', targets, 'format to write'), demandOption: true })
      .option('out', {
        ...pathFlag('out', 'file to write; - for standard output; of vparquet4 and vparquet5 a folder'),
        demandOption: true,
      })
      .options(workersFlag)
      .options(progressFlag)
      .example('$0 convert jaeger.json --to otlp-proto --out traces.pb', 'Jaeger to OTLP')
      .example('$0 convert traces.pb --to parquet --out spans.parquet', 'a table that DuckDB reads')
      .example('$0 convert traces.pb --to vparquet4 --out store', 'a block that Tempo opens')
      .example(
        '$0 convert traces.pb --to tiers --tiers exact:1h,rollup:inf --out traces.tiers',
        'less of what is older',
      )
      .example('$0 convert traces/ --to blockpack --profile max-compression --out traces.bp', 'a block to search'),
  handler: async args => {
    const version = blockVersions[args.to!]
    refuseFlags(args, version)
    if (version) return convertToBlock(args, version)
    const format = targetOf(args)
    const config = args.to === 'blockpack' ? await blockpackConfigFrom(args) : undefined
    await withWorkers(args, async workers => {
      const source = capturedFrom(args.in!, args, format.refusal, workers)
      const write: Target['write'] = config && ((traces, sink) => encodeBlockpack(traces, sink, config, { workers }))
      const target = write ? { ...format, write } : format
      await writeOutput(args.out!, args.in!, sink => source.write(target, sink))
      report(source, args)
    })
  },
}

/** A list of tiers that is wrong is refused before anything is read. */
function targetOf({ to, tiers }: ConvertArguments): Target {
  if (to === 'parquet') return table
  if (to !== 'tiers') return formatNamed(to!)
  const parsed = parseTiers(tiers ?? defaultTiers)
  return { name: 'tiers', write: (traces, sink) => encodeTiers(traces, sink, parsed).then(() => undefined) }
}

async function convertToBlock(args: ConvertArguments, version: Version): Promise<void> {
  const source = capturedFrom(args.in!, args, surrogateRefusal)
  const folder = await writeTempoBlock(source.traces, args.out!, version, args)
  process.stdout.write(`${folder}\n`)
  report(source, args)
}

function report(source: TraceSource, args: ConvertArguments): void {
  if (args.progress) process.stderr.write(`${describeSource(source)}\n`)
  reportLeftOut(leftOutOf(source), args.skipBad)
}

/** Flags go with their targets; `config` with two of them. */
function refuseFlags(args: ConvertArguments, version: Version | undefined): void {
  const given = args as unknown as Record<string, unknown>
  const refuse = (flags: object, isWanted: (flag: string) => boolean, targets: string) => {
    for (const flag of Object.keys(flags))
      if (given[flag] !== undefined && !isWanted(flag))
        throw new LabError('usage', `--${flag}: goes with --to ${targets}`)
  }
  refuse(blockpackFlags, flag => args.to === 'blockpack' || (flag === 'config' && version !== undefined), 'blockpack')
  refuse(tiersFlag, () => args.to === 'tiers', 'tiers')
  refuse(tempoBlockFlags, () => version !== undefined, Object.keys(blockVersions).join(' or '))
}
