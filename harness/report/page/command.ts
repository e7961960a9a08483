import type { Run } from '../../runs/run-schema.ts'

/** The command that makes such a run: of a generated workload exactly, of a capture with its name. */
export function commandOf({ input: { source } }: Run): string {
  const [, workload, size, seed] = /^(\w+) (\w+), seed (\d+)$/.exec(source) ?? []
  const given = workload === undefined ? `--input ${source}` : `--workload ${workload} --size ${size} --seed ${seed}`
  return `npx tsx main.ts ${given}`
}
