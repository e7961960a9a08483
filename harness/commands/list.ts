import type { CommandModule } from 'yargs'
import { type Discovered, discoverPhases, variantsOf } from '../discover.ts'
import { printTerminal } from '../report/table.ts'
import { classify } from '../rows.ts'

export const list: CommandModule = {
  command: 'list',
  describe: 'List the phases, their ideas and what they claim to keep',
  handler: async () => {
    const discovered = await discoverPhases()
    const rows = discovered.map(describe)
    const headers = ['phase', 'title', 'claim', 'variants', 'idea']
    console.log(printTerminal({ headers, aligns: ['left', 'left', 'left', 'left', 'left'], rows }))
    if (discovered.some(({ problem }) => problem)) process.exitCode = 1
  },
}

function describe({ number, slug, phase, problem }: Discovered): string[] {
  if (!phase) return [number, slug, 'PROBLEM', '', problem ?? '']
  const variants = variantsOf(phase).map(([name]) => name)
  return [number, phase.title, classify(phase.fidelity), variants.join(', '), phase.idea]
}
