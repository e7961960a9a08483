import type { Run } from '../../runs/run-schema.ts'

/**
 * The command that made a run. Those of before it was kept have one that makes such a run: of a generated workload
 * exactly, of a capture with its name.
 */
export function commandOf({ environment, input: { source } }: Run): string {
  if (environment.command !== null) return environment.command
  const [, workload, size, seed] = /^(\w+) (\w+), seed (\d+)$/.exec(source) ?? []
  const given = workload === undefined ? `--input ${source}` : `--workload ${workload} --size ${size} --seed ${seed}`
  return `npx tsx main.ts ${given}`
}
