import type { CommandModule } from 'yargs'
import { writeOtlpJson } from '../../lib/otlp/json.ts'
import { writeLocal } from '../../lib/storage/local.ts'
import { type GeneratorArguments, generatedFrom, generatorFlags, pathFlag } from '../flags.ts'
import { stdoutSink } from '../stdout.ts'

export const generate: CommandModule<object, GeneratorArguments & { out: string | undefined }> = {
  command: 'generate',
  describe: 'Write generated traces as OTLP JSON',
  builder: yargs =>
    yargs
      .options(generatorFlags)
      .option('out', { ...pathFlag('out', 'file to write; - for standard output'), demandOption: true })
      .example('$0 generate --size small --out traces.json', 'a hundred traces'),
  handler: async args => {
    const { traces } = generatedFrom(args)
    if (args.out === '-') await writeOtlpJson(traces, stdoutSink)
    else await writeLocal(args.out!, sink => writeOtlpJson(traces, sink))
  },
}
