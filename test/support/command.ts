import { afterEach, vi } from 'vitest'
import { main } from '../../harness/cli/cli.ts'

export interface Outcome {
  code: number
  stdout: string
  stderr: string
}

/** Runs a command in this process, with what it prints as its bytes (latin1). */
export async function lab(...args: string[]): Promise<Outcome> {
  const outcome: Outcome = { code: 0, stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const)
    vi.spyOn(process[name], 'write').mockImplementation(((chunk: string | Uint8Array, ...rest: unknown[]) => {
      outcome[name] += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('latin1')
      const done = rest.at(-1)
      if (typeof done === 'function') done()
      return true
    }) as typeof process.stdout.write)
  vi.spyOn(console, 'log').mockImplementation(text => {
    outcome.stdout += `${text}\n`
  })
  await main(args)
  outcome.code = Number(process.exitCode ?? 0)
  process.exitCode = undefined
  return outcome
}

afterEach(() => {
  vi.restoreAllMocks()
  process.exitCode = undefined
})
