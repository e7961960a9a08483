import type { CommandModule } from 'yargs'
import { writeOtlpJson } from '../../../lib/formats/otlp/json.ts'
import { writeLocal } from '../../../lib/storage/local-write.ts'
import { type GeneratorArguments, generatedFrom, generatorFlags, pathFlag } from '../flags.ts'
import { refuseSame, writeOutput } from '../output.ts'

interface GenerateArguments extends GeneratorArguments {
  out: string | undefined
  faultsOut?: string | undefined
}

export const generate: CommandModule<object, GenerateArguments> = {
  command: 'generate',
  describe: 'Write generated traces as OTLP JSON',
  builder: yargs =>
    yargs
      .options(generatorFlags)
      .option('out', { ...pathFlag('out', 'file to write; - for standard output'), demandOption: true })
      .option(
        'faults-out',
        pathFlag('faults-out', 'JSON file for the truth about the faults: when, where, which traces'),
      )
      .example('$0 generate --size small --out traces.json', 'a hundred traces')
      .example('$0 generate --faults all --faults-out faults.json --out traces.json', 'with faults, and their labels'),
  handler: async args => {
    const source = generatedFrom(args)
    const write = () => writeOutput(args.out!, [], sink => writeOtlpJson(source.traces, sink))
    if (args.faultsOut === undefined) return write()
    refuseSame('--faults-out', args.faultsOut, '--out', args.out!)
    await writeLocal(args.faultsOut, async sink => {
      await write()
      const labels = { source: source.title, faults: source.faults!() }
      await sink.write(Buffer.from(`${JSON.stringify(labels, null, 2)}\n`))
    })
  },
}
