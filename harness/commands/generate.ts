import type { CommandModule } from 'yargs'
import { defaultSeed, sizes, workloads } from '../../generator/workload.ts'
import { writeOtlpJson } from '../../lib/otlp/json.ts'
import { writeLocal } from '../../lib/storage/local.ts'
import { integer, oneOf, single } from '../options.ts'
import { generatedSource, type SizeName } from '../source.ts'

const sizeNames = Object.keys(sizes) as SizeName[]
const workloadNames = workloads.map(workload => workload.name)

/** The flags that say what to generate. */
export const generatorOptions = {
  size: {
    describe: `traces to generate: ${sizeNames.map(name => `${name} ${sizes[name].toLocaleString('en')}`).join(', ')}`,
    requiresArg: true,
    type: 'string',
    coerce: oneOf('size', sizeNames),
  },
  workload: {
    describe: `kind of generated traces: ${workloadNames.join(', ')}`,
    requiresArg: true,
    type: 'string',
    coerce: oneOf('workload', workloadNames),
  },
  seed: {
    describe: `seed of the generator (default ${defaultSeed})`,
    requiresArg: true,
    type: 'string',
    coerce: integer('seed', 0, Number.MAX_SAFE_INTEGER),
  },
} as const

export interface GeneratorArguments {
  size: SizeName | undefined
  workload: string | undefined
  seed: number | undefined
}

/** The source that the flags name. */
export function sourceOf({ size, workload, seed }: GeneratorArguments) {
  return generatedSource(workload ?? workloadNames[0]!, size ?? 'medium', seed ?? defaultSeed)
}

export const generate: CommandModule<object, GeneratorArguments & { out: string | undefined }> = {
  command: 'generate',
  describe: 'Write generated traces as OTLP JSON',
  builder: yargs =>
    yargs
      .options(generatorOptions)
      .option('out', {
        describe: 'file to write; - for standard output',
        requiresArg: true,
        demandOption: true,
        type: 'string',
        coerce: (given: unknown) => single('out', given),
      })
      .example('$0 generate --size small --out traces.json', 'a hundred traces'),
  handler: async args => {
    const { traces } = sourceOf(args)
    if (args.out === '-') await writeOtlpJson(traces, { write: writeStdout })
    else await writeLocal(args.out!, sink => writeOtlpJson(traces, sink))
  },
}

function writeStdout(chunk: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => process.stdout.write(chunk, error => (error ? reject(error) : resolve())))
}
