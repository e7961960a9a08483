import type { Environment, Input } from '../runs/run-schema.ts'
import { fixed, mebibytes, whole } from '../text/format.ts'

/** How often each phase was timed, and what else ran meanwhile. */
export function printRounds({ rounds, lanes }: Environment): string {
  const several = rounds === null ? 'all rounds in 0.2 s, at least one' : `${rounds} rounds`
  const times = rounds === 1 ? 'the proving pass' : `median of ${several}`
  return lanes === 1 ? times : `${times}; ${lanes} rows side by side`
}

/** Where a run took place, how often it was timed, of which commit, and when. */
export function printMachine({ cpu, cores, memoryBytes, node, commit, date }: Environment, rounds: string): string {
  const machine = `${cpu}, ${cores} cores, ${whole(mebibytes(memoryBytes))} MiB of memory; Node ${node}`
  return `${machine}; ${rounds}; commit ${commit ?? 'unknown'}; ${date.slice(0, 10)}`
}

/** What went in, in a few lines. */
export function describeInput(input: Input): string {
  const perSpan = (byteLength: number) => `${fixed(1)(byteLength / input.spanCount)} B/span`
  const size = input.bytes === null ? 'size of the taken part unknown' : `${whole(input.bytes)} B`
  return [
    `${input.source}: ${whole(input.traceCount)} traces, ${whole(input.spanCount)} spans, ${size}`,
    `NDJSON ${whole(input.baselineBytes)} B (${perSpan(input.baselineBytes)}), ` +
      `with zstd 19 ${whole(input.zstd19Bytes)} B (${perSpan(input.zstd19Bytes)}), ` +
      `floor ${whole(input.floorBytes)} B (${perSpan(input.floorBytes)}, ${input.floorKind})`,
  ].join('\n')
}
