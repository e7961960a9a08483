import type { Argv, CommandModule } from 'yargs'

type AddCommand = (yargs: Argv) => Argv

/** Every command by its name, loaded when it is called; `--help` lists them in this order. */
export const commands: Readonly<Record<string, () => Promise<AddCommand>>> = {
  run: async () => adding((await import('./commands/run.ts')).run),
  list: async () => adding((await import('./commands/list.ts')).list),
  generate: async () => adding((await import('./commands/generate.ts')).generate),
  convert: async () => adding((await import('./commands/convert.ts')).convert),
  compact: async () => adding((await import('./commands/compact.ts')).compact),
  blocks: async () => adding((await import('./commands/blocks.ts')).blocks),
  inspect: async () => adding((await import('./commands/inspect.ts')).inspect),
  trace: async () => adding((await import('./commands/trace.ts')).trace),
  query: async () => adding((await import('./commands/query.ts')).query),
  tags: async () => adding((await import('./commands/tags.ts')).tags),
  'tag-values': async () => adding((await import('./commands/tag-values.ts')).tagValuesOf),
  rollup: async () => adding((await import('./commands/rollup.ts')).rollup),
  sample: async () => adding((await import('./commands/sample.ts')).sample),
  serve: async () => adding((await import('./commands/serve.ts')).serve),
  conformance: async () => adding((await import('./commands/conformance.ts')).conformance),
  patterns: async () => adding((await import('./commands/patterns.ts')).patterns),
  cluster: async () => adding((await import('./commands/cluster.ts')).cluster),
  similar: async () => adding((await import('./commands/similar.ts')).similar),
  size: async () => adding((await import('./commands/size.ts')).size),
  profile: async () => adding((await import('./commands/profile.ts')).profile),
  report: async () => adding((await import('./commands/report.ts')).report),
  bench: async () => adding((await import('./commands/bench.ts')).bench),
  completion: async () => adding((await import('./commands/completion.ts')).completion),
}

function adding<T>(command: CommandModule<object, T>): AddCommand {
  return yargs => yargs.command(command)
}
