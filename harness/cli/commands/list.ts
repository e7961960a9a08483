import type { CommandModule } from 'yargs'
import { type Discovered, discoverPhases, variantsOf } from '../../lab/discover.ts'
import { classify } from '../../lab/rows.ts'

export const list: CommandModule = {
  command: 'list',
  describe: 'List the phases: what they claim to keep, their variants, their ideas',
  handler: async () => {
    const discovered = await discoverPhases()
    console.log(discovered.map(describe).join('\n'))
    if (discovered.some(({ problem }) => problem)) process.exitCode = 1
  },
}

/** Two lines: the phase with its claim, and its idea or what is wrong with it. */
function describe({ number, slug, phase, problem }: Discovered): string {
  if (!phase) return `${number}  ${slug.padEnd(24)} PROBLEM\n    ${problem ?? ''}`
  const variants = variantsOf(phase).map(([name]) => name)
  const claim = classify(phase.fidelity).padEnd(10)
  return `${number}  ${phase.title.padEnd(24)} ${claim} ${variants.join(', ')}\n    ${phase.idea}`
}
