import { defineConfig } from 'vitest/config'

/** They hold the peak memory of their process against a bound, so each has a process of its own. */
const alone = ['test/lib/formats/blockpack/**/forged*.test.ts']

/** Young objects die in a larger nursery instead of being moved: a twentieth of the CPU time of conformance.test.ts. */
const execArgv = ['--max-semi-space-size=32']

const timeouts = { testTimeout: 60_000, hookTimeout: 60_000, pool: 'forks' } as const

export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      // Files share a worker, and what it has loaded: loading was an eighth of all CPU time.
      { test: { name: 'all', include: ['test/**/*.test.ts'], exclude: alone, isolate: false, execArgv, ...timeouts } },
      { test: { name: 'alone', include: alone, ...timeouts } },
    ],
  },
})
